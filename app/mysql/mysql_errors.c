/* SPDX-License-Identifier: MIT
 *
 * The numbers are those of MariaDB's and MySQL's lists of errors; below 120 those of their files, and up to 200 those of
 * the storage engines, which come by themselves or in the words of another error (1030). From 4000 on each server has its
 * own list: what the other one means by such a number no statement of ours can cause. So each has of the engines' errors
 * from 187 on: here they are MariaDB's, and MySQL's stand behind.
 */
#include "mysql/mysql_errors.h"

#include <stddef.h>
#include <stdint.h>

#include "mysql/mysql_author_errors.h"

static const struct {
	uint16_t number;
	enum status status;
} meanings[] = {
	{ 1044, STATUS_FORBIDDEN }, /* dbaccess denied error */
	{ 1142, STATUS_FORBIDDEN }, /* tableaccess denied error */
	{ 1143, STATUS_FORBIDDEN }, /* columnaccess denied error */
	{ 1227, STATUS_FORBIDDEN }, /* specific access denied error */
	{ 1370, STATUS_FORBIDDEN }, /* procaccess denied error */
	{ 1959, STATUS_FORBIDDEN }, /* invalid role */
	{ 3530, STATUS_FORBIDDEN }, /* role not granted */
	{ 3552, STATUS_FORBIDDEN }, /* no system schema access */
	{ 3553, STATUS_FORBIDDEN }, /* no system tablespace access */
	{ 3554, STATUS_FORBIDDEN }, /* no system table access */
	{ 3555, STATUS_FORBIDDEN }, /* no system table access for dictionary table */
	{ 3556, STATUS_FORBIDDEN }, /* no system table access for system table */
	{ 3557, STATUS_FORBIDDEN }, /* no system table access for table */
	{ 3566, STATUS_FORBIDDEN }, /* no access to native fct */
	{ 3879, STATUS_FORBIDDEN }, /* db access denied */
	{ 6038, STATUS_FORBIDDEN }, /* specific access denied */
	{ 123, STATUS_LOCKED }, /* changed since it was read */
	{ 146, STATUS_LOCKED }, /* lock timed out */
	{ 149, STATUS_LOCKED }, /* deadlock */
	{ 200, STATUS_LOCKED }, /* transaction was aborted */
	{ 1015, STATUS_LOCKED }, /* cant lock */
	{ 1020, STATUS_LOCKED }, /* checkread */
	{ 1205, STATUS_LOCKED }, /* lock wait timeout */
	{ 1213, STATUS_LOCKED }, /* lock deadlock */
	{ 1689, STATUS_LOCKED }, /* lock aborted */
	{ 3058, STATUS_LOCKED }, /* user lock deadlock */
	{ 3101, STATUS_LOCKED }, /* transaction rollback during commit */
	{ 3132, STATUS_LOCKED }, /* locking service deadlock */
	{ 3133, STATUS_LOCKED }, /* locking service timeout */
	{ 3177, STATUS_LOCKED }, /* lock refused by engine */
	{ 3572, STATUS_LOCKED }, /* lock nowait */
	{ 147, STATUS_BUSY }, /* lock table is full */
	{ 177, STATUS_BUSY }, /* too many transactions */
	{ 183, STATUS_BUSY }, /* used by a foreign key check */
	{ 1040, STATUS_BUSY }, /* con count error */
	{ 1041, STATUS_BUSY }, /* out of resources */
	{ 1135, STATUS_BUSY }, /* cant create thread */
	{ 1203, STATUS_BUSY }, /* too many user connections */
	{ 1206, STATUS_BUSY }, /* lock table full */
	{ 1297, STATUS_BUSY }, /* get temporary errmsg */
	{ 1412, STATUS_BUSY }, /* table def changed */
	{ 1637, STATUS_BUSY }, /* too many concurrent trxs */
	{ 1725, STATUS_BUSY }, /* table in fk check */
	{ 3168, STATUS_BUSY }, /* server isnt available */
	{ 3781, STATUS_BUSY }, /* gr hold wait timeout */
	{ 3782, STATUS_BUSY }, /* gr hold killed */
	{ 3783, STATUS_BUSY }, /* gr hold member status error */
	{ 3797, STATUS_BUSY }, /* grp trx consistency before */
	{ 3798, STATUS_BUSY }, /* grp trx consistency after on trx begin */
	{ 3985, STATUS_BUSY }, /* mdl out of resources */
	{ 4094, STATUS_BUSY }, /* operation not allowed while primary change is running */
	{ 1226, STATUS_QUOTA }, /* user limit reached */
	{ 148, STATUS_READ_ONLY }, /* read-only transaction */
	{ 1290, STATUS_READ_ONLY }, /* option prevents statement */
	{ 1792, STATUS_READ_ONLY }, /* cant execute in read only transaction */
	{ 1836, STATUS_READ_ONLY }, /* read only mode */
	{ 1874, STATUS_READ_ONLY }, /* innodb read only */
	{ 1881, STATUS_READ_ONLY }, /* innodb forced recovery */
	{ 3989, STATUS_READ_ONLY }, /* schema read only */
	{ 1292, STATUS_BAD_VALUE }, /* truncated wrong value */
	{ 1300, STATUS_BAD_VALUE }, /* invalid character string */
	{ 1366, STATUS_BAD_VALUE }, /* truncated wrong value for field */
	{ 1367, STATUS_BAD_VALUE }, /* illegal value for type */
	{ 1411, STATUS_BAD_VALUE }, /* wrong value for type */
	{ 1416, STATUS_BAD_VALUE }, /* cant create geometry object */
	{ 1525, STATUS_BAD_VALUE }, /* wrong value */
	{ 1575, STATUS_BAD_VALUE }, /* base64 decode error */
	{ 1654, STATUS_BAD_VALUE }, /* wrong type column value error */
	{ 1918, STATUS_BAD_VALUE }, /* bad data */
	{ 1958, STATUS_BAD_VALUE }, /* bad base64 data */
	{ 3033, STATUS_BAD_VALUE }, /* gis different srids */
	{ 3034, STATUS_BAD_VALUE }, /* gis unsupported argument */
	{ 3037, STATUS_BAD_VALUE }, /* gis invalid data */
	{ 3055, STATUS_BAD_VALUE }, /* gis data wrong endianess */
	{ 3064, STATUS_BAD_VALUE }, /* incorrect type */
	{ 3069, STATUS_BAD_VALUE }, /* invalid json data */
	{ 3070, STATUS_BAD_VALUE }, /* invalid geojson missing member */
	{ 3071, STATUS_BAD_VALUE }, /* invalid geojson wrong type */
	{ 3072, STATUS_BAD_VALUE }, /* invalid geojson unspecified */
	{ 3073, STATUS_BAD_VALUE }, /* dimension unsupported */
	{ 3140, STATUS_BAD_VALUE }, /* invalid json text */
	{ 3141, STATUS_BAD_VALUE }, /* invalid json text in param */
	{ 3142, STATUS_BAD_VALUE }, /* invalid json binary data */
	{ 3144, STATUS_BAD_VALUE }, /* invalid json charset */
	{ 3145, STATUS_BAD_VALUE }, /* invalid json charset in function */
	{ 3146, STATUS_BAD_VALUE }, /* invalid type for json */
	{ 3147, STATUS_BAD_VALUE }, /* invalid cast to json */
	{ 3156, STATUS_BAD_VALUE }, /* invalid json value for cast */
	{ 3158, STATUS_BAD_VALUE }, /* json document null key */
	{ 3516, STATUS_BAD_VALUE }, /* unexpected geometry type */
	{ 3548, STATUS_BAD_VALUE }, /* srs not found */
	{ 3616, STATUS_BAD_VALUE }, /* longitude out of range */
	{ 3617, STATUS_BAD_VALUE }, /* latitude out of range */
	{ 3643, STATUS_BAD_VALUE }, /* wrong srid for column */
	{ 3731, STATUS_BAD_VALUE }, /* geometry param longitude out of range */
	{ 3732, STATUS_BAD_VALUE }, /* geometry param latitude out of range */
	{ 3853, STATUS_BAD_VALUE }, /* invalid json type */
	{ 3903, STATUS_BAD_VALUE }, /* invalid json value for func index */
	{ 3908, STATUS_BAD_VALUE }, /* wrong mvi value */
	{ 4032, STATUS_BAD_VALUE }, /* invalid cast to geometry */
	{ 4033, STATUS_BAD_VALUE }, /* invalid cast polygon ring direction */
	{ 4035, STATUS_BAD_VALUE }, /* json bad chr, of MariaDB */
	{ 4036, STATUS_BAD_VALUE }, /* json not json chr, of MariaDB */
	{ 4037, STATUS_BAD_VALUE }, /* json eos, of MariaDB */
	{ 4038, STATUS_BAD_VALUE }, /* json syntax, of MariaDB */
	{ 4039, STATUS_BAD_VALUE }, /* json escaping, of MariaDB */
	{ 4048, STATUS_BAD_VALUE }, /* geojson incorrect, of MariaDB */
	{ 4049, STATUS_BAD_VALUE }, /* geojson too few points, of MariaDB */
	{ 4050, STATUS_BAD_VALUE }, /* geojson not closed, of MariaDB */
	{ 4076, STATUS_BAD_VALUE }, /* geojson empty coordinates, of MariaDB */
	{ 6135, STATUS_BAD_VALUE }, /* incompatible type agg */
	{ 6136, STATUS_BAD_VALUE }, /* data incompatible with vector */
	{ 6138, STATUS_BAD_VALUE }, /* to vector conversion */
	{ 6485, STATUS_BAD_VALUE }, /* jdv unexpected json type */
	{ 6489, STATUS_BAD_VALUE }, /* jdv unmapped key */
	{ 6493, STATUS_BAD_VALUE }, /* jdv missing etag */
	{ 6507, STATUS_BAD_VALUE }, /* jdv invalid binary type header */
	{ 6519, STATUS_BAD_VALUE }, /* jdv explicit auto increment not allowed */
	{ 6560, STATUS_BAD_VALUE }, /* jdv generated and explicit pks not allowed */
	{ 3157, STATUS_TOO_DEEP }, /* json document too deep */
	{ 4040, STATUS_TOO_DEEP }, /* json depth, of MariaDB */
	{ 1977, STATUS_NO_CHARACTER }, /* cannot convert character */
	{ 3854, STATUS_NO_CHARACTER }, /* cannot convert string */
	{ 3987, STATUS_NO_CHARACTER }, /* function does not support character set */
	{ 3988, STATUS_NO_CHARACTER }, /* impossible string conversion */
	{ 1139, STATUS_BAD_REGULAR }, /* regexp error */
	{ 3684, STATUS_BAD_REGULAR }, /* regexp buffer overflow */
	{ 3685, STATUS_BAD_REGULAR }, /* regexp illegal argument */
	{ 3686, STATUS_BAD_REGULAR }, /* regexp index outofbounds error */
	{ 3687, STATUS_BAD_REGULAR }, /* regexp internal error */
	{ 3688, STATUS_BAD_REGULAR }, /* regexp rule syntax */
	{ 3689, STATUS_BAD_REGULAR }, /* regexp bad escape sequence */
	{ 3690, STATUS_BAD_REGULAR }, /* regexp unimplemented */
	{ 3691, STATUS_BAD_REGULAR }, /* regexp mismatched paren */
	{ 3692, STATUS_BAD_REGULAR }, /* regexp bad interval */
	{ 3693, STATUS_BAD_REGULAR }, /* regexp max lt min */
	{ 3694, STATUS_BAD_REGULAR }, /* regexp invalid back ref */
	{ 3695, STATUS_BAD_REGULAR }, /* regexp look behind limit */
	{ 3696, STATUS_BAD_REGULAR }, /* regexp missing close bracket */
	{ 3697, STATUS_BAD_REGULAR }, /* regexp invalid range */
	{ 3698, STATUS_BAD_REGULAR }, /* regexp stack overflow */
	{ 3699, STATUS_BAD_REGULAR }, /* regexp time out */
	{ 3700, STATUS_BAD_REGULAR }, /* regexp pattern too big */
	{ 3852, STATUS_BAD_REGULAR }, /* std regex error */
	{ 3887, STATUS_BAD_REGULAR }, /* regexp invalid capture group name */
	{ 3900, STATUS_BAD_REGULAR }, /* regexp invalid flag */
	{ 3995, STATUS_BAD_REGULAR }, /* character set mismatch */
	{ 4007, STATUS_BAD_REGULAR }, /* regex number too big */
	{ 191, STATUS_SEARCH_TOO_LARGE }, /* too many words in a phrase, of both */
	{ 209, STATUS_SEARCH_TOO_LARGE }, /* too many nested sub-expressions, of MySQL */
	{ 188, STATUS_TIMEOUT }, /* interrupted */
	{ 1317, STATUS_TIMEOUT }, /* query interrupted */
	{ 1969, STATUS_TIMEOUT }, /* statement timeout */
	{ 3024, STATUS_TIMEOUT }, /* query timeout */
	{ 121, STATUS_DUPLICATE }, /* duplicate key */
	{ 141, STATUS_DUPLICATE }, /* duplicate unique key */
	{ 1022, STATUS_DUPLICATE }, /* dup key */
	{ 1062, STATUS_DUPLICATE }, /* dup entry */
	{ 1169, STATUS_DUPLICATE }, /* dup unique */
	{ 1586, STATUS_DUPLICATE }, /* dup entry with key name */
	{ 1859, STATUS_DUPLICATE }, /* dup unknown in index */
	{ 151, STATUS_FOREIGN_KEY }, /* no parent row */
	{ 152, STATUS_FOREIGN_KEY }, /* parent row */
	{ 163, STATUS_FOREIGN_KEY }, /* foreign key leads to a duplicate */
	{ 193, STATUS_FOREIGN_KEY }, /* cascade too deep */
	{ 1216, STATUS_FOREIGN_KEY }, /* no referenced row */
	{ 1217, STATUS_FOREIGN_KEY }, /* row is referenced */
	{ 1451, STATUS_FOREIGN_KEY }, /* row is referenced 2 */
	{ 1452, STATUS_FOREIGN_KEY }, /* no referenced row 2 */
	{ 1761, STATUS_FOREIGN_KEY }, /* foreign duplicate key with child info */
	{ 1762, STATUS_FOREIGN_KEY }, /* foreign duplicate key without child info */
	{ 3008, STATUS_FOREIGN_KEY }, /* fk depth exceeded */
	{ 6491, STATUS_FOREIGN_KEY }, /* jdv missing readonly subobject */
	{ 6575, STATUS_FOREIGN_KEY }, /* fk max tables in cascade chain exceeded */
	{ 158, STATUS_NULL }, /* null in a spatial index */
	{ 1048, STATUS_NULL }, /* bad null error */
	{ 1263, STATUS_NULL }, /* warn null to notnull */
	{ 1364, STATUS_NULL }, /* no default for field */
	{ 1423, STATUS_NULL }, /* no default for view field */
	{ 3673, STATUS_NULL }, /* bad null error not ignored */
	{ 6486, STATUS_NULL }, /* jdv primary key must be provided */
	{ 6495, STATUS_NULL }, /* jdv missing value */
	{ 6499, STATUS_NULL }, /* jdv null insert value */
	{ 6501, STATUS_NULL }, /* jdv null update value */
	{ 1369, STATUS_CHECK }, /* view check failed */
	{ 3819, STATUS_CHECK }, /* check constraint violated */
	{ 3934, STATUS_CHECK }, /* json schema validation error with detailed report */
	{ 4025, STATUS_CHECK }, /* constraint failed, of MariaDB */
	{ 6487, STATUS_CHECK }, /* jdv join condition not satisfied */
	{ 6488, STATUS_CHECK }, /* jdv pk duplicates not identical */
	{ 6492, STATUS_CHECK }, /* jdv join condition violation */
	{ 160, STATUS_NO_PARTITION }, /* no partition */
	{ 178, STATUS_NO_PARTITION }, /* not in the given partitions */
	{ 1526, STATUS_NO_PARTITION }, /* no partition for given value */
	{ 1591, STATUS_NO_PARTITION }, /* no partition for given value silent */
	{ 1748, STATUS_NO_PARTITION }, /* row does not match given partition set */
	{ 179, STATUS_TOO_LONG }, /* index column too long */
	{ 1162, STATUS_TOO_LONG }, /* too long string */
	{ 1301, STATUS_TOO_LONG }, /* warn allowed packet overflowed */
	{ 1406, STATUS_TOO_LONG }, /* data too long */
	{ 1470, STATUS_TOO_LONG }, /* wrong string length */
	{ 1709, STATUS_TOO_LONG }, /* index column too long */
	{ 3134, STATUS_TOO_LONG }, /* gis max points in geometry overflowed */
	{ 3150, STATUS_TOO_LONG }, /* json value too big */
	{ 3151, STATUS_TOO_LONG }, /* json key too big */
	{ 3905, STATUS_TOO_LONG }, /* exceeded mv keys num */
	{ 3906, STATUS_TOO_LONG }, /* exceeded mv keys space */
	{ 3907, STATUS_TOO_LONG }, /* functional index data is too long */
	{ 6137, STATUS_TOO_LONG }, /* exceeds vector max dimensions */
	{ 139, STATUS_ROW_TOO_LARGE }, /* row too big */
	{ 181, STATUS_ROW_TOO_LARGE }, /* undo record too big */
	{ 1118, STATUS_ROW_TOO_LARGE }, /* too big rowsize */
	{ 1713, STATUS_ROW_TOO_LARGE }, /* undo record too big */
	{ 1197, STATUS_CHANGE_TOO_LARGE }, /* trans cache full */
	{ 1705, STATUS_CHANGE_TOO_LARGE }, /* stmt cache full */
	{ 3231, STATUS_CHANGE_TOO_LARGE }, /* write set exceeds limit */
	{ 1153, STATUS_BODY_TOO_LARGE }, /* net packet too large */
	{ 1264, STATUS_NO_FIT }, /* warn data out of range */
	{ 1441, STATUS_NO_FIT }, /* datetime function overflow */
	{ 1690, STATUS_NO_FIT }, /* data out of range */
	{ 1916, STATUS_NO_FIT }, /* data overflow */
	{ 3155, STATUS_NO_FIT }, /* numeric json value out of range */
	{ 3751, STATUS_NO_FIT }, /* warn data truncated functional index */
	{ 3752, STATUS_NO_FIT }, /* warn data out of range functional index */
	{ 3904, STATUS_NO_FIT }, /* json value out of range for func index */
	{ 4074, STATUS_NO_FIT }, /* value out of range */
	{ 4103, STATUS_NO_FIT }, /* argument out of range, of MariaDB */
	{ 6527, STATUS_NO_FIT }, /* temporal function overflow */
	{ 1265, STATUS_NO_MEMBER }, /* warn data truncated */
	{ 1256, STATUS_NOT_COMPUTED }, /* too big for uncompress */
	{ 1258, STATUS_NOT_COMPUTED }, /* zlib z buf error */
	{ 1259, STATUS_NOT_COMPUTED }, /* zlib z data error */
	{ 1260, STATUS_NOT_COMPUTED }, /* cut value group concat */
	{ 1365, STATUS_NOT_COMPUTED }, /* division by zero */
	{ 1210, STATUS_NOT_COMPUTED }, /* wrong arguments */
	{ 1649, STATUS_NOT_COMPUTED }, /* unknown locale */
	{ 1917, STATUS_NOT_COMPUTED }, /* data truncated */
	{ 1919, STATUS_NOT_COMPUTED }, /* dyn col wrong format */
	{ 1920, STATUS_NOT_COMPUTED }, /* dyn col implementation limit */
	{ 1921, STATUS_NOT_COMPUTED }, /* dyn col data */
	{ 1922, STATUS_NOT_COMPUTED }, /* dyn col wrong charset */
	{ 1931, STATUS_NOT_COMPUTED }, /* query result incomplete: a recursion without end */
	{ 3020, STATUS_NOT_COMPUTED }, /* invalid argument for logarithm */
	{ 3036, STATUS_NOT_COMPUTED }, /* gis unknown exception */
	{ 3038, STATUS_NOT_COMPUTED }, /* boost geometry empty input exception */
	{ 3039, STATUS_NOT_COMPUTED }, /* boost geometry centroid exception */
	{ 3040, STATUS_NOT_COMPUTED }, /* boost geometry overlay invalid input exception */
	{ 3041, STATUS_NOT_COMPUTED }, /* boost geometry turn info exception */
	{ 3042, STATUS_NOT_COMPUTED }, /* boost geometry self intersection point exception */
	{ 3043, STATUS_NOT_COMPUTED }, /* boost geometry unknown exception */
	{ 3045, STATUS_NOT_COMPUTED }, /* std domain error */
	{ 3046, STATUS_NOT_COMPUTED }, /* std length error */
	{ 3047, STATUS_NOT_COMPUTED }, /* std invalid argument */
	{ 3048, STATUS_NOT_COMPUTED }, /* std out of range error */
	{ 3049, STATUS_NOT_COMPUTED }, /* std overflow error */
	{ 3050, STATUS_NOT_COMPUTED }, /* std range error */
	{ 3051, STATUS_NOT_COMPUTED }, /* std underflow error */
	{ 3052, STATUS_NOT_COMPUTED }, /* std logic error */
	{ 3053, STATUS_NOT_COMPUTED }, /* std runtime error */
	{ 3054, STATUS_NOT_COMPUTED }, /* std unknown exception */
	{ 3057, STATUS_NOT_COMPUTED }, /* user lock wrong name */
	{ 3122, STATUS_NOT_COMPUTED }, /* boost geometry inconsistent turns exception */
	{ 3143, STATUS_NOT_COMPUTED }, /* invalid json path */
	{ 3149, STATUS_NOT_COMPUTED }, /* invalid json path wildcard */
	{ 3153, STATUS_NOT_COMPUTED }, /* json vacuous path */
	{ 3154, STATUS_NOT_COMPUTED }, /* json bad one or all arg */
	{ 3165, STATUS_NOT_COMPUTED }, /* invalid json path array cell */
	{ 3513, STATUS_NOT_COMPUTED }, /* invalid bitwise operands size */
	{ 3514, STATUS_NOT_COMPUTED }, /* invalid bitwise aggregate operands size */
	{ 3518, STATUS_NOT_COMPUTED }, /* srs proj parameter missing */
	{ 3520, STATUS_NOT_COMPUTED }, /* srs not cartesian */
	{ 3521, STATUS_NOT_COMPUTED }, /* srs not cartesian undefined */
	{ 3618, STATUS_NOT_COMPUTED }, /* not implemented for geographic srs */
	{ 3636, STATUS_NOT_COMPUTED }, /* cte max recursion depth */
	{ 3665, STATUS_NOT_COMPUTED }, /* missing json table value */
	{ 3666, STATUS_NOT_COMPUTED }, /* wrong json table value */
	{ 3669, STATUS_NOT_COMPUTED }, /* jt value out of range */
	{ 3676, STATUS_NOT_COMPUTED }, /* parse error in digest fn */
	{ 3677, STATUS_NOT_COMPUTED }, /* undisclosed parse error in digest fn */
	{ 3682, STATUS_NOT_COMPUTED }, /* only implemented for srid 0 and 4326 */
	{ 3704, STATUS_NOT_COMPUTED }, /* not implemented for cartesian srs */
	{ 3705, STATUS_NOT_COMPUTED }, /* not implemented for projected srs */
	{ 3706, STATUS_NOT_COMPUTED }, /* nonpositive radius */
	{ 3726, STATUS_NOT_COMPUTED }, /* srs not geographic */
	{ 3727, STATUS_NOT_COMPUTED }, /* polygon too large */
	{ 3741, STATUS_NOT_COMPUTED }, /* transform source srs not supported */
	{ 3742, STATUS_NOT_COMPUTED }, /* transform target srs not supported */
	{ 3743, STATUS_NOT_COMPUTED }, /* transform source srs missing towgs84 */
	{ 3744, STATUS_NOT_COMPUTED }, /* transform target srs missing towgs84 */
	{ 3882, STATUS_NOT_COMPUTED }, /* geometry in unknown length unit */
	{ 3966, STATUS_NOT_COMPUTED }, /* missing json value */
	{ 3967, STATUS_NOT_COMPUTED }, /* multiple json values */
	{ 3997, STATUS_NOT_COMPUTED }, /* invalid time zone interval */
	{ 4027, STATUS_NOT_COMPUTED }, /* error evaluating expression, of MariaDB */
	{ 4034, STATUS_NOT_COMPUTED }, /* gis different srids aggregation */
	{ 4041, STATUS_NOT_COMPUTED }, /* json path eos, of MariaDB */
	{ 4042, STATUS_NOT_COMPUTED }, /* json path syntax, of MariaDB */
	{ 4043, STATUS_NOT_COMPUTED }, /* json path depth, of MariaDB */
	{ 4044, STATUS_NOT_COMPUTED }, /* json path no wildcard, of MariaDB */
	{ 4045, STATUS_NOT_COMPUTED }, /* json path array, of MariaDB */
	{ 4046, STATUS_NOT_COMPUTED }, /* json one or all, of MariaDB */
	{ 4051, STATUS_NOT_COMPUTED }, /* json path empty, of MariaDB */
	{ 4163, STATUS_NOT_COMPUTED }, /* user lock overlong name */
	{ 4176, STATUS_NOT_COMPUTED }, /* json table error on field, of MariaDB */
	{ 4178, STATUS_NOT_COMPUTED }, /* json table scalar expected, of MariaDB */
	{ 4179, STATUS_NOT_COMPUTED }, /* json table multiple matches, of MariaDB */
	{ 4183, STATUS_NOT_COMPUTED }, /* sformat error, of MariaDB */
	{ 131, STATUS_NOT_UPDATABLE }, /* not supported by the engine */
	{ 165, STATUS_NOT_UPDATABLE }, /* table is read only */
	{ 1031, STATUS_NOT_UPDATABLE }, /* illegal ha */
	{ 1036, STATUS_NOT_UPDATABLE }, /* open as readonly */
	{ 1178, STATUS_NOT_UPDATABLE }, /* check not implemented */
	{ 1235, STATUS_NOT_UPDATABLE }, /* not supported yet */
	{ 1288, STATUS_NOT_UPDATABLE }, /* non updatable table */
	{ 1348, STATUS_NOT_UPDATABLE }, /* nonupdateable column */
	{ 1393, STATUS_NOT_UPDATABLE }, /* view multiupdate */
	{ 1394, STATUS_NOT_UPDATABLE }, /* view no insert field list */
	{ 1395, STATUS_NOT_UPDATABLE }, /* view delete merge view */
	{ 1471, STATUS_NOT_UPDATABLE }, /* non insertable table */
	{ 3098, STATUS_NOT_UPDATABLE }, /* before dml validation error */
	{ 4143, STATUS_NOT_UPDATABLE }, /* key doesnt support, of MariaDB */
	{ 6482, STATUS_NOT_UPDATABLE }, /* jdv operation not supported */
	{ 6490, STATUS_NOT_UPDATABLE }, /* jdv missing insert tag */
	{ 6497, STATUS_NOT_UPDATABLE }, /* jdv missing update tag */
	{ 6498, STATUS_NOT_UPDATABLE }, /* jdv missing delete tag */
	{ 6500, STATUS_NOT_UPDATABLE }, /* jdv insert value not fixed */
	{ 6502, STATUS_NOT_UPDATABLE }, /* jdv update value not fixed */
	{ 6504, STATUS_NOT_UPDATABLE }, /* jdv cannot be used with */
	{ 1906, STATUS_NOT_WRITABLE }, /* warning non default value for generated column */
	{ 3105, STATUS_NOT_WRITABLE }, /* non default value for generated column */
	{ 6496, STATUS_NOT_WRITABLE }, /* jdv pk updates not allowed */
	{ 6494, STATUS_CONDITION }, /* jdv etag mismatch */
	{ 166, STATUS_NO_MORE_IDS }, /* no next id */
	{ 167, STATUS_NO_MORE_IDS }, /* no next id */
	{ 195, STATUS_NO_MORE_IDS }, /* sequence has run out */
	{ 1467, STATUS_NO_MORE_IDS }, /* autoinc read failed */
	{ 4084, STATUS_NO_MORE_IDS }, /* sequence run out, of MariaDB */
	{ 1642, STATUS_RAISED }, /* signal warn */
	{ 1643, STATUS_RAISED }, /* signal not found */
	{ 1644, STATUS_RAISED }, /* signal exception */
	{ 197, STATUS_UNKNOWN }, /* error during commit */
	{ 1180, STATUS_UNKNOWN }, /* error during commit */
	{ 3100, STATUS_UNKNOWN }, /* run hook error */
	{ 20, STATUS_FULL }, /* disk full */
	{ 135, STATUS_FULL }, /* no room in the record file */
	{ 136, STATUS_FULL }, /* no room in the index file */
	{ 189, STATUS_FULL }, /* disk full */
	{ 1021, STATUS_FULL }, /* disk full */
	{ 1114, STATUS_FULL }, /* record file full */
	{ 1530, STATUS_FULL }, /* tablespace auto extend error */
	{ 1878, STATUS_FULL }, /* temp file write failure */
	{ 3019, STATUS_FULL }, /* innodb undo log full */
	{ 3675, STATUS_FULL }, /* disk full nowait */
	{ 4139, STATUS_FULL }, /* index file full, of MariaDB */
	{ 5, STATUS_NO_MEMORY }, /* out of memory */
	{ 128, STATUS_NO_MEMORY }, /* out of memory */
	{ 1037, STATUS_NO_MEMORY }, /* outofmemory */
	{ 1257, STATUS_NO_MEMORY }, /* zlib z mem error */
	{ 3015, STATUS_NO_MEMORY }, /* engine out of memory */
	{ 3044, STATUS_NO_MEMORY }, /* std bad alloc error */
	{ 3170, STATUS_NO_MEMORY }, /* capacity exceeded */
	{ 1038, STATUS_SORT }, /* out of sortmemory */
	{ 126, STATUS_DAMAGED }, /* index corrupted */
	{ 127, STATUS_DAMAGED }, /* table file corrupted */
	{ 130, STATUS_DAMAGED }, /* file format */
	{ 132, STATUS_DAMAGED }, /* old file */
	{ 134, STATUS_DAMAGED }, /* record file crashed */
	{ 144, STATUS_DAMAGED }, /* crashed, last repair failed */
	{ 145, STATUS_DAMAGED }, /* marked as crashed */
	{ 164, STATUS_DAMAGED }, /* to be upgraded */
	{ 172, STATUS_DAMAGED }, /* new format */
	{ 175, STATUS_DAMAGED }, /* file too short */
	{ 176, STATUS_DAMAGED }, /* checksum */
	{ 180, STATUS_DAMAGED }, /* index corrupted */
	{ 186, STATUS_DAMAGED }, /* row in the wrong partition */
	{ 190, STATUS_DAMAGED }, /* definition differs from the engine's */
	{ 1032, STATUS_DAMAGED }, /* key not found */
	{ 1033, STATUS_DAMAGED }, /* not form file */
	{ 1034, STATUS_DAMAGED }, /* not keyfile */
	{ 1035, STATUS_DAMAGED }, /* old keyfile */
	{ 1194, STATUS_DAMAGED }, /* crashed on usage */
	{ 1195, STATUS_DAMAGED }, /* crashed on repair */
	{ 1457, STATUS_DAMAGED }, /* sp proc table corrupt */
	{ 1459, STATUS_DAMAGED }, /* table needs upgrade */
	{ 1602, STATUS_DAMAGED }, /* trg corrupted file */
	{ 1707, STATUS_DAMAGED }, /* table needs rebuild */
	{ 1712, STATUS_DAMAGED }, /* index corrupt */
	{ 1728, STATUS_DAMAGED }, /* cannot load from table v2 */
	{ 1817, STATUS_DAMAGED }, /* innodb index corrupt */
	{ 1863, STATUS_DAMAGED }, /* row in wrong partition */
	{ 1877, STATUS_DAMAGED }, /* table corrupt */
	{ 3000, STATUS_DAMAGED }, /* file corrupt */
	{ 1, STATUS_STORAGE }, /* cannot create a file */
	{ 2, STATUS_STORAGE }, /* cannot read a file */
	{ 3, STATUS_STORAGE }, /* cannot write a file */
	{ 4, STATUS_STORAGE }, /* cannot close a file */
	{ 9, STATUS_STORAGE }, /* unexpected end of a file */
	{ 29, STATUS_STORAGE }, /* no such file */
	{ 155, STATUS_STORAGE }, /* no such table */
	{ 157, STATUS_STORAGE }, /* no connection to the engine */
	{ 192, STATUS_STORAGE }, /* decryption failed */
	{ 194, STATUS_STORAGE }, /* tablespace missing */
	{ 199, STATUS_STORAGE }, /* no encryption */
	{ 1004, STATUS_STORAGE }, /* cant create file */
	{ 1005, STATUS_STORAGE }, /* cant create table */
	{ 1016, STATUS_STORAGE }, /* cant open file */
	{ 1017, STATUS_STORAGE }, /* file not found */
	{ 1018, STATUS_STORAGE }, /* cant read dir */
	{ 1024, STATUS_STORAGE }, /* error on read */
	{ 1026, STATUS_STORAGE }, /* error on write */
	{ 1030, STATUS_STORAGE }, /* get errno */
	{ 1286, STATUS_STORAGE }, /* unknown storage engine */
	{ 1296, STATUS_STORAGE }, /* get errmsg */
	{ 1429, STATUS_STORAGE }, /* connect to foreign data source */
	{ 1430, STATUS_STORAGE }, /* query on foreign data source */
	{ 1431, STATUS_STORAGE }, /* foreign data source doesnt exist */
	{ 1696, STATUS_STORAGE }, /* failed read from par file */
	{ 1810, STATUS_STORAGE }, /* io read error */
	{ 1811, STATUS_STORAGE }, /* io write error */
	{ 1812, STATUS_STORAGE }, /* tablespace missing */
	{ 1814, STATUS_STORAGE }, /* tablespace discarded */
	{ 1932, STATUS_STORAGE }, /* no such table in engine */
	{ 3003, STATUS_STORAGE }, /* storage engine not loaded */
	{ 3161, STATUS_STORAGE }, /* disabled storage engine */
	{ 3510, STATUS_STORAGE }, /* tablespace missing with name */
	{ 3629, STATUS_STORAGE }, /* missing tablespace file */
	{ 4029, STATUS_STORAGE }, /* innodb compression failure */
	{ 4182, STATUS_STORAGE }, /* storage engine disabled, of MariaDB */
	{ 1105, STATUS_INTERNAL }, /* unknown error */
	{ 1815, STATUS_INTERNAL }, /* internal error */
	{ 1119, STATUS_TOO_COMPLEX }, /* stack overrun */
	{ 1436, STATUS_TOO_COMPLEX }, /* stack overrun need more */
	{ 1456, STATUS_TOO_COMPLEX }, /* sp recursion limit */
	{ 4169, STATUS_TOO_COMPLEX }, /* cte expansion limit exceeded */
};

enum { ENGINES_DIFFER = 187, ENGINES_LAST = 209 };

static const enum status meanings_of_mysql[ENGINES_LAST + 1 - ENGINES_DIFFER] = {
	[187 - ENGINES_DIFFER] = STATUS_READ_ONLY,        /* InnoDB is read-only */
	[188 - ENGINES_DIFFER] = STATUS_SEARCH_TOO_LARGE, /* a search finds more than innodb_ft_result_cache_limit */
	[189 - ENGINES_DIFFER] = STATUS_FULL,             /* a temporary file cannot be written */
	[190 - ENGINES_DIFFER] = STATUS_READ_ONLY,        /* innodb_force_recovery */
	[191 - ENGINES_DIFFER] = STATUS_SEARCH_TOO_LARGE, /* too many words in a phrase */
	[192 - ENGINES_DIFFER] = STATUS_FOREIGN_KEY,      /* cascade too deep */
	[194 - ENGINES_DIFFER] = STATUS_NO_MEMORY,        /* out of memory */
	[195 - ENGINES_DIFFER] = STATUS_DAMAGED,          /* table corrupted */
	[196 - ENGINES_DIFFER] = STATUS_TIMEOUT,          /* interrupted */
	[197 - ENGINES_DIFFER] = STATUS_STORAGE,          /* tablespace cannot be accessed */
	[201 - ENGINES_DIFFER] = STATUS_NOT_COMPUTED,     /* a generated column */
	[203 - ENGINES_DIFFER] = STATUS_LOCKED,           /* the lock is not waited for */
	[204 - ENGINES_DIFFER] = STATUS_FULL,             /* disk full */
	[205 - ENGINES_DIFFER] = STATUS_EXHAUSTED,        /* no temporary tablespace is left for the session */
	[209 - ENGINES_DIFFER] = STATUS_SEARCH_TOO_LARGE, /* too many nested sub-expressions */
};

enum status mysql_error_status_of_engine(unsigned number)
{
	if (number < ENGINES_DIFFER || number > ENGINES_LAST)
		return mysql_error_status(number);
	return meanings_of_mysql[number - ENGINES_DIFFER] != STATUS_OK ? meanings_of_mysql[number - ENGINES_DIFFER]
	                                                               : STATUS_FAULT;
}

enum status mysql_error_status(unsigned number)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].number == number)
			return meanings[i].status;
	return mysql_error_is_of_authors(number) ? STATUS_DEFINITION : STATUS_FAULT;
}

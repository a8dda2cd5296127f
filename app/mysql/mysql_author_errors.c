/* SPDX-License-Identifier: MIT */
#include "mysql/mysql_author_errors.h"

#include <stddef.h>
#include <stdint.h>

static const uint16_t numbers[] = {
	1045, /* access denied error: of a view's or trigger's definer, since we are logged in */
	1052, /* non uniq error */
	1054, /* bad field error */
	1055, /* wrong field with group */
	1093, /* update table used */
	1094, /* no such thread */
	1109, /* unknown table */
	1115, /* unknown character set */
	1136, /* wrong value count on row */
	1140, /* mix of group func and fields */
	1146, /* no such table */
	1168, /* wrong mrg table */
	1172, /* too many rows */
	1191, /* ft matching key not found */
	1193, /* unknown system variable */
	1222, /* wrong number of columns in select */
	1229, /* global variable */
	1231, /* wrong value for var */
	1232, /* wrong type for var */
	1238, /* incorrect global local var */
	1241, /* operand columns */
	1242, /* subquery no 1 row */
	1253, /* collation charset mismatch */
	1267, /* cant aggregate 2collations */
	1270, /* cant aggregate 3collations */
	1271, /* cant aggregate ncollations */
	1273, /* unknown collation */
	1298, /* unknown time zone */
	1305, /* sp does not exist */
	1318, /* sp wrong no of args */
	1321, /* sp noreturnend */
	1325, /* sp cursor already open */
	1326, /* sp cursor not open */
	1328, /* sp wrong no of fetch args */
	1329, /* sp fetch no data */
	1336, /* stmt not allowed in sf or trg */
	1339, /* sp case not found */
	1356, /* view invalid */
	1362, /* trg cant change row */
	1363, /* trg no such row in trg */
	1414, /* sp not var arg */
	1415, /* sp no retset */
	1422, /* commit not allowed in sf or trg */
	1424, /* sp no recursion */
	1442, /* cant update used table in sf or trg */
	1443, /* view prevent update */
	1444, /* ps no recursion */
	1445, /* sp cant set autocommit */
	1449, /* no such user */
	1460, /* sp no aggregate */
	1462, /* view recursive */
	1568, /* cant change tx characteristics */
	1582, /* wrong paramcount to native fct */
	1583, /* wrong parameters to native fct */
	1584, /* wrong parameters to stored fct */
	1599, /* view no creation ctx */
	1600, /* view invalid creation ctx */
	1603, /* trg no creation ctx */
	1604, /* trg invalid creation ctx */
	1606, /* trg cant open table */
	1630, /* func inexistent name collision */
	1645, /* resignal without active handler */
	1695, /* stored function prevents switch sql log bin */
	1710, /* error in trigger body */
	1711, /* error in unknown trigger body */
	1765, /* variable not settable in sf or trigger */
	1766, /* variable not settable in transaction */
	3004, /* get stacked da without active handler */
	3087, /* wrong field with group v2 */
	3088, /* mix of group func and fields v2 */
	3986, /* implicit comparison for json */
	3998, /* invalid cast */
	4028, /* calculating default value, of MariaDB */
	4078, /* illegal parameter data types2 for operation, of MariaDB */
	4079, /* illegal parameter data type for operation, of MariaDB */
	4161, /* unknown data type, of MariaDB */
	6436, /* library invalid */
	6508, /* etag not supported */
	6576, /* fk cascade trigger updating fk columns not supported */
	6577, /* cant update used table in fk cascade */
};

bool mysql_error_is_of_authors(unsigned number)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i] == number)
			return true;
	return false;
}

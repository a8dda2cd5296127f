/* SPDX-License-Identifier: MIT
 *
 * mysql_author_errors.h: the errors that the author of a view, trigger or function has made, which no client can mend.
 */
#ifndef MYREST_MYSQL_AUTHOR_ERRORS_H
#define MYREST_MYSQL_AUTHOR_ERRORS_H

#include <stdbool.h>

bool mysql_error_is_of_authors(unsigned number);

#endif

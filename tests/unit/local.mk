# SPDX-License-Identifier: MIT
# The unit tests: one program per module, each tests/unit/test-MODULE.c, linked with what the program is made of.
if HAVE_CMOCKA
AM_CPPFLAGS += -iquote $(srcdir)/tests/unit $(CMOCKA_CFLAGS) $(JSON_C_CFLAGS)
LDADD = libmyrest.a $(CMOCKA_LIBS) $(JSON_C_LIBS) $(MYSQL_LIBS) $(CRYPTO_LIBS) $(SECCOMP_LIBS) $(XXHASH_LIBS)

check_PROGRAMS = \
	tests/unit/test-accept \
	tests/unit/test-address_walk \
	tests/unit/test-arena \
	tests/unit/test-balance \
	tests/unit/test-batch \
	tests/unit/test-body \
	tests/unit/test-config \
	tests/unit/test-drain \
	tests/unit/test-encoding \
	tests/unit/test-etag \
	tests/unit/test-fastcgi \
	tests/unit/test-handover \
	tests/unit/test-host_order \
	tests/unit/test-http \
	tests/unit/test-integer \
	tests/unit/test-json \
	tests/unit/test-json_template \
	tests/unit/test-lanes \
	tests/unit/test-listen \
	tests/unit/test-literal \
	tests/unit/test-log \
	tests/unit/test-merge \
	tests/unit/test-metrics \
	tests/unit/test-must \
	tests/unit/test-mysql_catalogue \
	tests/unit/test-mysql_dialect \
	tests/unit/test-mysql_errors \
	tests/unit/test-mysql_fault \
	tests/unit/test-mysql_fulltext \
	tests/unit/test-mysql_server \
	tests/unit/test-openapi \
	tests/unit/test-page_link \
	tests/unit/test-peer \
	tests/unit/test-plan \
	tests/unit/test-plan_shape \
	tests/unit/test-plan_write \
	tests/unit/test-postgresql_array \
	tests/unit/test-postgresql_catalogue \
	tests/unit/test-postgresql_fault \
	tests/unit/test-prefer \
	tests/unit/test-process_title \
	tests/unit/test-query \
	tests/unit/test-render \
	tests/unit/test-resolve \
	tests/unit/test-route \
	tests/unit/test-sandbox \
	tests/unit/test-server_fault \
	tests/unit/test-table \
	tests/unit/test-table_choices \
	tests/unit/test-text \
	tests/unit/test-transcripts \
	tests/unit/test-url \
	tests/unit/test-utf8 \
	tests/unit/test-write_fault \
	tests/unit/test-write_value
tests_unit_test_fastcgi_LDADD = $(LDADD) $(FCGI_LIBS)
tests_unit_test_sandbox_SOURCES = tests/unit/test-sandbox.c tests/faults/tries.c tests/faults/tries.h
tests_unit_test_sandbox_CPPFLAGS = $(AM_CPPFLAGS) -iquote $(srcdir)/tests/faults
TESTS = $(check_PROGRAMS)
endif

EXTRA_DIST += tests/unit/unit.h tests/unit/catalogue_rows.h tests/unit/declare.h tests/unit/fake_driver.h tests/unit/strict.h tests/unit/tables.h tests/unit/records.h \
	tests/golden/database-url.refused.txt \
	tests/golden/read.txt \
	tests/golden/read.postgresql.txt \
	tests/golden/read.refused.txt \
	tests/golden/write.txt \
	tests/golden/write.postgresql.txt \
	tests/golden/transcripts/connections.txt \
	tests/golden/transcripts/reads.txt \
	tests/golden/transcripts/writes.txt \
	tests/golden/write.refused.txt

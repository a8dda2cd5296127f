# SPDX-License-Identifier: MIT
# The fuzz programs, built in the folder where make runs: tests/fuzz/run calls it with root, CLANG and AR. Each module is
# compiled once, and again when it or what it includes has changed; a program is linked with those that it calls.
modules = answer arena batch body body_csv body_json body_reader catalogue config config_print datetime encoding etag fastcgi \
	filter handover http integer json json_template listen literal literal_check literal_compare log merge metrics \
	mysql_author_errors mysql_cast mysql_catalogue mysql_dialect mysql_errors mysql_fault mysql_fulltext mysql_json \
	mysql_server mysql_type mysql_upsert mysql_url mysql_value negotiate \
	openapi openapi_column openapi_components openapi_parts \
	openapi_tables page_link peer plan plan_body plan_cast plan_condition plan_page plan_shape plan_write planner \
	postgresql_array postgresql_cast postgresql_catalogue postgresql_dialect postgresql_fault postgresql_url \
	postgresql_value prefer query render route scan server_fault sql sql_condition sql_write status table \
	table_choices text url utf8 variables write write_fault write_value
programs = $(patsubst $(root)/tests/fuzz/%.c,%,$(wildcard $(root)/tests/fuzz/fuzz-*.c))

# pointer-overflow calls NULL + 0 a fault: the next C allows it, every compiler does.
FLAGS = -std=gnu17 -O1 -gline-tables-only -D_GNU_SOURCE -iquote . -iquote $(root)/app -iquote $(root)/tests/unit -fno-omit-frame-pointer \
	-Wall -Wextra -Werror $(shell pkg-config --cflags json-c libmariadb) $(SANITIZE) -MMD -MP
SANITIZE = -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all -fno-sanitize=pointer-overflow
LIBS = $(shell pkg-config --libs json-c libxxhash) -lm

all: $(programs)

build.h: # which configure makes otherwise
	printf '#define PACKAGE_VERSION "0"\n#define HAVE_POSTGRESQL 1\n' >$@

vpath %.c $(wildcard $(root)/app/*)
$(modules:%=%.o): %.o: %.c | build.h
	$(CLANG) $(FLAGS) -fsanitize=fuzzer-no-link -c $< -o $@

modules.a: $(modules:%=%.o)
	rm -f $@
	$(AR) rcs $@ $^

fuzz-%: $(root)/tests/fuzz/fuzz-%.c modules.a
	$(CLANG) $(FLAGS) -fsanitize=fuzzer $< modules.a $(LIBS) -o $@

-include $(wildcard *.d)
.PHONY: all

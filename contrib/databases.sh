# shellcheck shell=bash disable=SC2034,SC2154
# SPDX-License-Identifier: MIT
# The database servers that contrib/up starts: `describe` is the table of them, the rest is common to all.
# To be sourced. $kind is the one that is wanted, $server where a MySQL lies, $run the folder of this run, $data that of the
# database; as_database runs a command as the database's user.

# What tells the kinds apart. It is called anew when one of the places that it names is found: $run, or $seen and $server_seen,
# which are the data and the server as the database's user sees them.
describe() {
    local tmp=$run/tmp own_release=() options
    packages=()
    options=(--datadir="$seen" --tmpdir="$tmp" --innodb-buffer-pool-size=64M)
    case $kind in
        mariadb)
            data_name=database user=mysql packages=("${database_packages[@]}")
            make_data=(mariadb-install-db --no-defaults --datadir="$seen" --tmpdir="$tmp" --innodb-log-file-size=16M
                       --skip-test-db --skip-name-resolve --auth-root-authentication-method=socket)
            start_server=(mariadbd --no-defaults "${options[@]}" --innodb-log-file-size=16M --table-open-cache=400 --log-warnings=1)
            ;;
        mysql)
            data_name=mysql user=mysql
            # With the loader of its own release when it lies in a folder of its own.
            mysqld=("$server_seen")
            if [[ -d $server ]]; then
                local usr=$server_seen/usr
                mysqld=("$usr/lib64/ld-linux-x86-64.so.2" --library-path "$usr/lib/x86_64-linux-gnu" "$usr/sbin/mysqld")
                own_release=(--basedir="$usr" --lc-messages-dir="$usr/share/mysql" --plugin-dir="$usr/lib/mysql/plugin")
            fi
            mysqld+=(--no-defaults "${own_release[@]}" "${options[@]}" --secure-file-priv="$tmp" --skip-log-bin --mysqlx=OFF
                     --performance-schema=OFF --innodb-redo-log-capacity=32M)
            make_data=("${mysqld[@]}" --initialize-insecure --init-file="$tmp/make.sql")
            start_server=("${mysqld[@]}" --plugin-load-add=auth_socket.so --log-error-verbosity=2)
            ;;
        postgresql)
            data_name=postgresql user=postgres
            make_data=("$postgresql_bin/initdb" -D "$seen" -U "$(id -un)" --encoding=UTF8 --locale=C.UTF-8 --auth=peer --no-sync)
            start_server=("$postgresql_bin/postgres" -D "$seen" -k "$run/database" -c listen_addresses= -c max_connections=300
                          -c shared_buffers=64MB -c log_min_messages=warning)
            # Takes statements without clients and passwords, while no server runs. Each ends with an empty line.
            single_user=("$postgresql_bin/postgres" --single -j -D "$seen" -c exit_on_error=on -c log_min_messages=warning)
            answers=("$postgresql_bin/pg_isready" -q -h "$run/database" -U "$(id -un)" -d postgres)
            stop_signal=INT         # TERM says to wait for its clients, whoever they are
            client="psql --host=$run/database myrest"
            database_url="postgresql://myrest:PASSWORD@/myrest?host=$run/database"
            return
            ;;
    esac
    # What MariaDB and MySQL have in common.
    start_server+=(--socket="$run/database/socket" --pid-file="$tmp/pid" --init-file="$tmp/start.sql" --skip-networking
                   --skip-name-resolve --character-set-server=utf8mb4 --max-connections=300)
    single_user=()
    answers=(test -e "$tmp/started")
    stop_signal=TERM
    client="mariadb --socket=$run/database/socket myrest"
    database_url="mysql://myrest:PASSWORD@localhost/myrest?socket=$run/database/socket"
}
run='' seen='' server_seen='' postgresql_bin=''

# The statements of each kind: make_KIND_sql once, when the data are made, and start_KIND_sql PASSWORD at every start, before
# the first client is let in. MariaDB has conditions and makes the example then, where it is missing. One line is one
# statement to MariaDB and MySQL.

users_table="CREATE TABLE myrest.users (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, username VARCHAR(80) NOT NULL UNIQUE, \
email VARCHAR(120) NOT NULL UNIQUE);"
users_rows="INSERT INTO myrest.users VALUES (1, 'admin', 'admin@example.com'), (2, 'guest', 'guest@example.com');"

make_mariadb_sql() { :; }
start_mariadb_sql() {
    local who no_table="NOT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = 'myrest' AND table_name = 'users')"
    who=$(id -un)
    cat <<END
CREATE DATABASE IF NOT EXISTS myrest CHARACTER SET utf8mb4;
CREATE OR REPLACE USER 'myrest'@'localhost' IDENTIFIED BY '$1';
GRANT SELECT, INSERT, UPDATE, DELETE ON myrest.* TO 'myrest'@'localhost';
CREATE USER IF NOT EXISTS '$who'@'localhost' IDENTIFIED VIA unix_socket;
GRANT ALL ON *.* TO '$who'@'localhost' WITH GRANT OPTION;
BEGIN NOT ATOMIC IF $no_table THEN $users_table $users_rows END IF; END;
SELECT 1 INTO OUTFILE '$run/tmp/started';
END
}

make_mysql_sql() { printf '%s\n' 'CREATE DATABASE myrest CHARACTER SET utf8mb4;' "$users_table" "$users_rows"; }
start_mysql_sql() {
    local who
    who=$(id -un)
    cat <<END
CREATE USER IF NOT EXISTS 'myrest'@'localhost' IDENTIFIED BY '$1';
ALTER USER 'myrest'@'localhost' IDENTIFIED BY '$1';
GRANT SELECT, INSERT, UPDATE, DELETE ON myrest.* TO 'myrest'@'localhost';
ALTER USER 'root'@'localhost' IDENTIFIED WITH auth_socket;
CREATE USER IF NOT EXISTS '$who'@'localhost' IDENTIFIED WITH auth_socket;
GRANT ALL ON *.* TO '$who'@'localhost' WITH GRANT OPTION;
SELECT 1 INTO OUTFILE '$run/tmp/started';
END
}

make_postgresql_sql() {         # in the database of its own that there is then
    cat <<'SQL'
CREATE TABLE users (id integer GENERATED BY DEFAULT AS IDENTITY (START WITH 3) PRIMARY KEY,
                    username varchar(80) NOT NULL UNIQUE, email varchar(120) NOT NULL UNIQUE);

INSERT INTO users VALUES (1, 'admin', 'admin@example.com'), (2, 'guest', 'guest@example.com');

ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO myrest;

ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO myrest;

GRANT SELECT, INSERT, UPDATE, DELETE ON users TO myrest;

SQL
}
start_postgresql_sql() { printf '%s\n\n' "ALTER ROLE myrest PASSWORD '$1';"; }

need_server() {                 # what no package of $packages has
    case $kind in
        postgresql)
            need_postgresql 7<&-
            for postgresql_bin in /usr/lib/postgresql/*/bin; do :; done
            [[ -x $postgresql_bin/initdb ]] || die "PostgreSQL has no initdb in $postgresql_bin"
            ;;
        mysql)
            [[ ! $server ]] || return 0
            server=$state/servers/mysql
            [[ ! -x $server/usr/sbin/mysqld ]] || return 0
            need_packages mmdebstrap 7<&-
            say "unpacking MySQL into $server"
            "$source_dir/contrib/servers" mysql "$state/servers" >"$state/log/servers.log" 2>&1 7<&- ||
                { tail -n 20 "$state/log/servers.log" >&2; die "MySQL cannot be had: set MYREST_TEST_MYSQLD to a mysqld"; }
            ;;
    esac
}

# --- Where the data are

# Says where the database's user finds the folder given: $seen. That is its own name, unless the user cannot go
# there, or the name is longer than MariaDB takes (512): then it is mounted at a short one, in a mount namespace that
# lives as long as the command (with_data). So is a server that lies in a folder of its own: $server_seen.
find_data() {
    local dir=$1
    if (cd / && as_database test -w "$dir" && { [[ ! $server ]] || as_database test -r "$server"; }) &&
        ((${#dir} < 256)); then
        seen=$dir
        server_seen=$server
        mounted=()
        describe
        return 0
    fi
    seen=$run/data
    server_seen=$server
    if [[ -d $server ]]; then server_seen=$run/server; fi
    describe
    mounted=(unshare --mount --propagation private)
    ((EUID == 0)) || mounted=(unshare --user --map-root-user --mount --propagation private)
    "${mounted[@]}" true 2>/dev/null
}

# with_data DIR COMMAND...: to be called in a subshell, which it becomes.
with_data() {
    local dir=$1 back=()
    shift
    if ((${#mounted[@]} == 0)); then
        cd / && as_database "$@"
    fi
    cd "$dir" || exit
    # Without root the mount needs a user namespace; inside it a second one gives the caller's own number back.
    ((EUID == 0)) || back=(unshare --user --map-user="$EUID" --map-group="$(id -g)" --)
    # shellcheck disable=SC2016
    exec 7<&- "${mounted[@]}" -- sh -c 'mount --no-canonicalize --bind . "$1" || exit
            if [ "$2" != "$3" ]; then mount --bind "$2" "$3" || exit; fi
            cd / && shift 3 && exec "$@"' \
        sh "$seen" "$server" "$server_seen" "${back[@]}" "$BASH" -c "$(declare -f drop as_database)
            database_user=$database_user database_group=$database_group; as_database \"\$@\"" as_database "$@"
}

new_data() {
    rm -rf -- "$data.new"
    mkdir -m 700 -- "$data.new" || exit
    if ((EUID == 0)); then chown "$database_user:$database_group" -- "$data.new"; fi
    find_data "$data.new"
}

create_database() {
    local place
    if ! new_data; then
        # A container without the right to mount, most likely.
        ((EUID == 0)) || return
        rmdir -- "$data.new"
        place=$(mktemp -d /var/lib/myrest-up.XXXXXX) || exit
        chmod 711 "$place"
        ln -s -- "$place/database" "$data" || exit
        say "this machine allows no mount namespace, and no unprivileged user can go to $data: it lies in $place"
        data=$place/database
        new_data || return
    fi
    say "creating the database in $data"
    fill_data >"$state/log/install-db.log" 2>&1 </dev/null ||
        { tail -n 20 "$state/log/install-db.log" >&2; exit 1; }
    mv -- "$data.new" "$data"
}

# in_data DIR COMMAND...: a server or what makes its data, without our variables.
in_data() {
    local dir=$1
    shift
    with_data "$dir" env -i PATH="$PATH" LANG=C "$@"
}

# Gives the file to the database's user, whose commands are in it.
for_database() {
    chmod 600 "$1"
    if ((EUID == 0)); then chown "$database_user" "$1"; fi
}

# Into $data.new: the data, with the example but where every start makes it.
fill_data() {
    "make_${kind}_sql" >"$run/tmp/make.sql"
    for_database "$run/tmp/make.sql"
    (in_data "$data.new" "${make_data[@]}") || return
    [[ $kind == postgresql ]] || return 0
    # shellcheck disable=SC2016
    (in_data "$data.new" sh -c 'exec cat >"$1/pg_hba.conf"' sh "$seen") <<'END' || return
local   myrest   myrest   scram-sha-256
local   all      all      peer
END
    printf '%s\n\n' 'CREATE ROLE myrest LOGIN;' 'CREATE DATABASE myrest;' |
        (in_data "$data.new" "${single_user[@]}" postgres >/dev/null) || return
    (in_data "$data.new" "${single_user[@]}" myrest <"$run/tmp/make.sql" >/dev/null)
}

# Waits until the database takes clients, N twentieths of a second at most.
await_database() {
    local tries
    for ((tries = 0; tries < $1; tries++)); do
        if ! runs database || "${answers[@]}"; then return; fi
        sleep 0.05
    done
}

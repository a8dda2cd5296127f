# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: MIT
# What contrib/up and contrib/check share: messages, Debian packages, building outside the source tree.
# To be sourced; `source_dir` is the clone.

source_dir=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

say_to=2
say() { printf '%s: %s\n' "${0##*/}" "$*" >&"$say_to"; }
die() { say "$*"; exit 1; }

build_packages=(gcc libc6-dev make binutils autoconf automake pkg-config
                libfcgi-dev default-libmysqlclient-dev libpq-dev libjson-c-dev libmicrohttpd-dev libxxhash-dev libssl-dev
                libseccomp-dev)
web_packages=(nginx util-linux)
database_packages=(mariadb-server-core mariadb-client-core)
postgresql_packages=(postgresql libpq-dev)

# Runs a command as root: as it is, or through sudo.
as_root() {
    if ((EUID == 0)); then "$@"; else sudo -- "$@"; fi
}

# The units that start at boot, one a line.
boot_units() {
    find /etc/systemd/system -path '*.wants/*' \( -name '*.service' -o -name '*.socket' \) -printf '%f\n' 2>/dev/null |
        sort -u
}

# disable_units UNIT...: they do not start at the next boot, as a service and as a script of /etc/init.d.
disable_units() {
    local unit
    for unit in "$@"; do
        # Who installs the system's own manager means to have it.
        case $(dpkg-query -S "*/$unit" 2>/dev/null) in *systemd:* | *dbus*:* | *udev:*) continue ;; esac
        say "$unit is left disabled, it does not start at boot"
        # Debian's own helper, which works without systemd and so that an upgrade keeps to it; it asks for a package.
        as_root env DPKG_MAINTSCRIPT_PACKAGE="${unit%.*}" deb-systemd-helper disable "$unit" >/dev/null
        if [[ -e /etc/init.d/${unit%.*} ]]; then as_root update-rc.d "${unit%.*}" disable >/dev/null; fi
    done
}

# need_packages NAME...: installs those that are missing. No service is started by it, nor at the next boot.
need_packages() {
    local missing=() name policy=/usr/sbin/policy-rc.d
    if ! command -v dpkg-query >/dev/null; then
        say "this is not a Debian: taking it that these are there: $*"
        return
    fi
    for name in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || missing+=("$name")
    done
    ((${#missing[@]})) || return 0
    if ((EUID != 0)) && ! { sudo -n true 2>/dev/null || { [[ -t 0 ]] && sudo -v; }; }; then
        die "packages are missing, and this is neither root nor can it sudo: apt-get install ${missing[*]}"
    fi
    say "installing ${missing[*]}"
    # Debian starts a service that it installs; ours are private, so a policy says no for this while.
    if [[ ! -e $policy ]]; then
        # shellcheck disable=SC2016
        as_root sh -c 'printf "#!/bin/sh\nexit 101\n" >"$1" && chmod 755 "$1"' sh "$policy" || policy=
    else
        policy=
    fi
    # Several of us may install at the same time: apt-get waits for its own lock, for a while.
    local status=0 units before apt=(env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
                        apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
    before=$(boot_units)
    { as_root "${apt[@]}" update &&
      as_root "${apt[@]}" install --no-install-recommends "${missing[@]}" </dev/null >/dev/null; } || status=$?
    if [[ $policy ]]; then as_root rm -f "$policy"; fi
    mapfile -t units < <(comm -13 <(echo "$before") <(boot_units))
    disable_units "${units[@]}"
    ((status == 0)) || die "apt-get could not install ${missing[*]}"
}

# need_postgresql: its packages, without the cluster of its own that Debian makes of them and starts at each boot. What
# Debian is told for that is put back afterwards: later installations are the administrator's business.
need_postgresql() {
    local settings=/etc/postgresql-common/createcluster.conf status=0
    if dpkg-query -W -f '${db:Status-Status}\n' postgresql 2>/dev/null | grep -qx installed; then
        need_packages "${postgresql_packages[@]}"
        return
    fi
    need_packages postgresql-common
    if [[ -e $settings && ! -e $settings.myrest ]]; then # one is there when this was killed before
        as_root sed -i.myrest -E 's/^#?(create_main_cluster) .*/\1 = false/' "$settings"
    fi
    (need_packages "${postgresql_packages[@]}") || status=$?
    if [[ -e $settings.myrest ]]; then as_root mv -f -- "$settings.myrest" "$settings"; fi
    ((status == 0)) || exit "$status"
}

# existing_path VARIABLE: what it names, from the root on; nothing when it is empty or not set.
existing_path() {
    [[ ! ${!1-} ]] || realpath -e -- "${!1}" 2>/dev/null || die "$1: ${!1} is not there"
}

# A build in a folder of its own would take objects from the clone's (make's VPATH), so configure refuses that; its words do
# not tell what to do.
need_clean_source() {
    [[ ! -e $source_dir/config.status ]] ||
        die "$source_dir is configured itself, and no other folder can build from it: run 'make distclean' there," \
            "then build in a folder of its own, as README.md does"
}

# Makes ./configure in the clone, when it is missing or older than what it is made from.
make_configure() {
    (
        cd "$source_dir" || exit
        exec 8<configure.ac
        flock 8                     # two of us may run side by side on one clone
        if [[ -f configure && -z $(find configure.ac Makefile.am tests -newer Makefile.in \
                                        \( -name configure.ac -o -name '*.am' -o -name '*.mk' \)) ]]; then exit 0; fi
        ./autogen.sh 8<&-
    )
}

# build DIR LOG CONFIGURE-ARGUMENT...: configures into DIR unless that was done, and makes the program.
build() {
    local dir=$1 log=$2 from
    shift 2
    mkdir -p "$dir" "$(dirname -- "$log")" || return
    # configure refuses a source directory with a space in its name, but not one that it finds relative to here.
    from=$(realpath --relative-to="$dir" "$source_dir") || return
    if {
        make_configure &&
        cd_build "$dir" "$from" "$@"
    } >"$log" 2>&1; then
        return 0
    fi
    tail -n 30 -- "$log" >&2
    return 1
}

cd_build() {
    (
        cd "$1" || exit
        local from=$2
        shift 2
        { [[ -f Makefile ]] || "$from/configure" -q "$@"; } && make -s -j"$(nproc)" myrest
    )
}

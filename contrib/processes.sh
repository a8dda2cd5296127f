# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: MIT
# The processes that contrib/up starts: which they are, whether they run, and how they end with all that they have started.
# To be sourced. `$state/processes` lists them for the start after this one.

# Name -> process id and the kernel's time of its start, so that no other process is ever hit
names=()
declare -A pid_of start_of

start_time() {                  # of a process, in ticks since boot; nothing when it is gone or a zombie
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return
    read -ra stat <<<"${stat##*) }"
    [[ ${stat[0]} == Z ]] || printf '%s\n' "${stat[19]}"
}

# A process without a start had ended before that was read: it runs no more, and its number may be another's by now.
runs() {
    [[ ${pid_of[$1]-} && ${start_of[$1]-} && $(start_time "${pid_of[$1]}") == "${start_of[$1]}" ]]
}

# The process just put into the background is NAME's.
remember() {
    local name=$1 pid=$!
    names+=("$name")
    pid_of[$name]=$pid
    start_of[$name]=$(start_time "$pid")
    [[ ! ${start_of[$name]} ]] || printf '%s %s %s\n' "$name" "$pid" "${start_of[$name]}" >>"$state/processes"
}

# $members: of the processes that NAME has started those that live, itself included. They are told by the session that
# drop gives it. The kernel gives a session's number to no other process while it has members, so it is NAME's own
# unless the process of that number is another one by now. Long after NAME's end, for one of an earlier start, that
# proves nothing: there it is itself alone.
members=()
find_members() {
    local pid=${pid_of[$1]-} start=${start_of[$1]-} entry stat
    members=()
    [[ $pid && $start ]] || return
    if [[ " ${names[*]} " != *" $1 "* ]]; then
        if runs "$1"; then members=("$pid"); fi
        return
    fi
    stat=$(start_time "$pid")
    if [[ $stat && $stat != "$start" ]]; then return; fi
    for entry in /proc/[0-9]*/stat; do
        stat=
        { read -r -d '' stat <"$entry"; } 2>/dev/null
        read -ra stat <<<"${entry//[!0-9]/} ${stat##*) }"
        if [[ ${stat[1]-Z} != Z && ${stat[4]} == "$pid" ]] && ((stat[20] >= start)); then members+=("${stat[0]}"); fi
    done
}

# stop NAME SIGNAL SECONDS: ends it and the processes that it has started, by force only when the time is over.
stop() {
    local name=$1 signal=$2 tries orphans=
    # Said every second again: a server that is only just starting may miss it.
    for ((tries = 0; tries < $3 * 20; tries++)); do
        if runs "$name"; then
            ((tries % 20)) || kill -s "$signal" "${pid_of[$name]}" 2>/dev/null
        else
            # Whoever it leaves behind has nobody who would pass a signal on.
            find_members "$name"
            ((${#members[@]})) || return 0
            [[ $orphans ]] || say "$name has left processes behind, they are stopped: ${members[*]}"
            if [[ ! $orphans ]] || ((tries % 20 == 0)); then kill -s TERM "${members[@]}" 2>/dev/null; fi
            orphans=1
        fi
        sleep 0.05
    done
    find_members "$name"
    ((${#members[@]})) || return 0
    say "$name does not stop, it is killed"
    while ((${#members[@]})); do
        kill -s KILL "${members[@]}" 2>/dev/null
        sleep 0.05
        find_members "$name"
    done
}

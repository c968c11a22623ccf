# SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
# shellcheck shell=dash
# timeout: 60
# `ethtool -C` on the base: what is set is shown, what makes no sense is refused with a reason, and is not set.

# shown NAME: as `ethtool -c` has it.
shown() {
	ethtool -c $base | sed -n "s/^$1:[[:space:]]*//p"
}

# refuses TEXT ARGUMENTS...
refuses() {
	local text=$1 said
	shift
	said=$(ethtool -C $base "$@" 2>&1) && return 1
	echo "$said"
	case $said in
	*"$text"*) ;;
	*) return 1 ;;
	esac
}

driver_up
check_equal "aggregation is off at first" 1 "$(shown tx-aggr-max-frames)"
check "limits are set" ethtool -C $base tx-aggr-max-bytes 4096 tx-aggr-max-frames 5 tx-aggr-time-usecs 0
check_equal "bytes" 4096 "$(shown tx-aggr-max-bytes)"
check_equal "frames" 5 "$(shown tx-aggr-max-frames)"
check_equal "there is no timer" 0 "$(shown tx-aggr-time-usecs)"
check "a timer is refused" refuses "tx-aggr-time-usecs is 0" tx-aggr-time-usecs 800
check "too many bytes are refused" refuses "2048 to 16384" tx-aggr-max-bytes 16385
check "too few bytes are refused" refuses "2048 to 16384" tx-aggr-max-bytes 2047
check "too many frames are refused" refuses "1 to 64" tx-aggr-max-frames 65
check "no frames are refused" refuses "1 to 64" tx-aggr-max-frames 0
check "other parameters are refused" refuses "unsupported parameter" rx-usecs 10
check_equal "bytes are as before" 4096 "$(shown tx-aggr-max-bytes)"
check_equal "frames are as before" 5 "$(shown tx-aggr-max-frames)"

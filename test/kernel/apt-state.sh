# Sourced by vmrun and ovs-daemon: packages of any Debian suite, through an apt state of its own in the lab's cache.
CACHE=${VMRUN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/retis-kernel-lab}
die() { echo "${0##*/}: $*" >&2; exit 125; }

mirror() { # the Debian mirror this machine's apt already uses
  [ -n "${VMRUN_MIRROR:-}" ] && { echo "$VMRUN_MIRROR"; return; }
  apt-get indextargets --format '$(SITE) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk '{print $2}' | grep -E '/debian/?$' | head -1 | grep . || die "no Debian mirror in apt's sources; set VMRUN_MIRROR"
}
apt_for() { # apt_for SUITE TOOL ARGS...: apt-get/apt-cache with a private state directory for one suite
  local d=$CACHE/apt/$1 tool=$2; shift 2
  "$tool" -qq -o Dir::Etc::SourceList="$d/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
    -o Dir::State::Lists="$d/lists" -o Dir::Cache="$d/cache" -o APT::Architecture=amd64 -o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false "$@"
}
refresh() { ( # refresh SUITE: its package lists, at most an hour old
  local d=$CACHE/apt/$1; mkdir -p "$d/lists/partial" "$d/cache/archives/partial"; exec 8>"$CACHE/apt/$1.lock"; flock 8
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $1 main" >"$d/sources.list"
  [ -n "$(find "$d/stamp" -mmin -60 2>/dev/null)" ] || { apt_for "$1" apt-get update && touch "$d/stamp"; }
) }

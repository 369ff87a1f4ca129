# Functions that the scripts share. Sourced, with $here as the checkout's absolute path.
# shellcheck shell=sh

# Everything that a script calls must be found, also where the caller's environment is empty.
PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}
export PATH

say() {
  echo "carafe: $*" >&2
}

die() {
  say "$*"
  exit 1
}

# Whether a directory holds a JDK 25: a compiler and the right release file.
is_jdk() {
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] && grep -q '^JAVA_VERSION="25[".]' "$1/release"
}

# Prints the directory of a JDK 25, or nothing.
find_jdk() {
  for jdk in "${JAVA_HOME:-/nowhere}" /usr/lib/jvm/*25* /usr/lib/jvm/* /opt/*25* /opt/*/*25* \
    /usr/local/*25* "${HOME:-/nowhere}"/.sdkman/candidates/java/* "${HOME:-/nowhere}"/.jdks/*; do
    if is_jdk "$jdk"; then
      echo "$jdk"
      return
    fi
  done
  jdk=$(readlink -f "$(command -v javac || echo /nowhere)")
  jdk=${jdk%/bin/javac}
  if is_jdk "$jdk"; then
    echo "$jdk"
  fi
}

# Sets JAVA_HOME to a JDK 25, and sees that the other tools of a build are there.
need_tools() {
  JAVA_HOME=$(find_jdk)
  [ -n "$JAVA_HOME" ] || die "building needs a JDK 25, and there is none. Install one, such as" \
    "openjdk-25-jdk-headless or Temurin 25 (https://adoptium.net), or set JAVA_HOME to it."
  export JAVA_HOME
  # What Maven itself does with sun.misc.Unsafe is no news. In .mvn/jvm.config this would keep an
  # older JDK from telling that it is too old.
  export MAVEN_OPTS="${MAVEN_OPTS:-} --sun-misc-unsafe-memory-access=allow"
  command -v mvn >/dev/null || die "building needs Maven. Install it: apt-get install maven"
  command -v "${CC:-cc}" >/dev/null ||
    die "building needs a C compiler. Install one: apt-get install gcc libc6-dev"
}

# Waits for the lock under which this checkout is built. It is held on descriptor 9 until this
# process ends; children are started with 9>&-.
lock_build() {
  mkdir -p "$here/.dist" ||
    die "cannot build in $here: it is not writable. Build once as its owner: $here/carafe --version"
  touch "$here/.dist/lock" 2>/dev/null && [ -w "$here/.dist/lock" ] ||
    die "cannot build in $here: $here/.dist/lock is not writable by this user"
  exec 9>>"$here/.dist/lock"
  if command -v flock >/dev/null && ! flock -n 9; then
    say "waiting for another build in $here"
    flock 9
  fi
}

# Ends this if there is hardly a byte left for what is built.
need_space() {
  if df -Pk "$here/.dist" | awk 'NR == 2 && $4 < 1024 { full = 1 } END { exit !full }'; then
    die "cannot build: no space left on the disk of $here (ENOSPC); it takes about 50 MB"
  fi
}

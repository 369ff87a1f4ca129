#!/bin/sh
# Compiles the agent and the two JNI libraries. Usage: build.sh JAVA_HOME OUTPUT_DIRECTORY
set -eu
java_home=$1
cd "$(dirname "$0")"
out=$2/linux-$(uname -m)
agent=$out/carafe
library=$out/libcarafe.so
seccomp=$out/libcarafe-seccomp.so

made=0
for file in "$agent" "$library" "$seccomp"; do
  [ -e "$file" ] && [ -z "$(find . -newer "$file" -type f)" ] && made=$((made + 1))
done
[ $made = 3 ] && exit 0
cc=${CC:-cc}
if ! command -v "${cc%% *}" >/dev/null; then
  echo "build.sh: no C compiler: install gcc and libc6-dev (Debian), or set CC" >&2
  exit 1
fi
mkdir -p "$out"
rm -rf "$agent" "$library" "$seccomp" "$agent.new" "$library.new" "$seccomp.new" "$out/stand-in"

# No stack protector and no unwind tables: both want a C library. The loop patterns would turn
# memcpy into a call of itself.
flags="-std=gnu11 -O2 -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes
  -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables
  -fno-tree-loop-distribute-patterns -ffunction-sections -ffile-prefix-map=$PWD=native
  -nostdlib -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,noexecstack -s"

# shellcheck disable=SC2086
$cc $flags -fno-pie -no-pie -static -Wl,-z,norelro \
  -o "$agent.new" agent.c front.c wait.c batch.c spawn.c sys.c
shared="$flags -fPIC -shared -fvisibility=hidden -Wl,-z,defs -Wl,-z,now
  -I $java_home/include -I $java_home/include/linux"
# shellcheck disable=SC2086
$cc $shared -o "$library.new" jni.c batch.c spawn.c sys.c
# Against a stand-in of libseccomp, so that building needs nothing of it.
mkdir "$out/stand-in"
# shellcheck disable=SC2086
$cc $flags -fPIC -shared -Wl,-soname,libseccomp.so.2 -o "$out/stand-in/libseccomp.so.2" libseccomp.c
# shellcheck disable=SC2086
$cc $shared -o "$seccomp.new" seccomp.c sys.c "$out/stand-in/libseccomp.so.2"
rm -r "$out/stand-in"

needed() {
  readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}
if [ -n "$(nm -D -u "$library.new")" ] || [ -n "$(needed "$library.new")" ] ||
  nm -D -u "$seccomp.new" | grep -qv ' seccomp_' || [ "$(needed "$seccomp.new")" != libseccomp.so.2 ]; then
  echo "build.sh: a library would need a C library:" >&2
  nm -D -u "$library.new" "$seccomp.new" >&2
  exit 1
fi
mv "$agent.new" "$agent"
mv "$library.new" "$library"
mv "$seccomp.new" "$seccomp"

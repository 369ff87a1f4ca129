#!/bin/sh
# Compiles the agent and the JNI library. Usage: build.sh JAVA_HOME OUTPUT_DIRECTORY
set -eu
java_home=$1
cd "$(dirname "$0")"
out=$2/linux-$(uname -m)
agent=$out/carafe
library=$out/libcarafe.so

if [ -e "$agent" ] && [ -e "$library" ] && [ -z "$(find . -newer "$agent" -type f)" ] &&
  [ -z "$(find . -newer "$library" -type f)" ]; then
  exit 0
fi
cc=${CC:-cc}
if ! command -v "${cc%% *}" >/dev/null; then
  echo "build.sh: no C compiler: install gcc and libc6-dev (Debian), or set CC" >&2
  exit 1
fi
mkdir -p "$out"
rm -f "$agent" "$library" "$library.new" "$agent.new"

# No stack protector and no unwind tables: both want a C library. The loop patterns would turn
# memcpy into a call of itself.
flags="-std=gnu11 -O2 -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes
  -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables
  -fno-tree-loop-distribute-patterns -ffunction-sections -ffile-prefix-map=$PWD=native
  -nostdlib -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,noexecstack -s"

# shellcheck disable=SC2086
$cc $flags -fno-pie -no-pie -static -Wl,-z,norelro \
  -o "$agent.new" agent.c front.c wait.c batch.c spawn.c sys.c
# shellcheck disable=SC2086
$cc $flags -fPIC -shared -fvisibility=hidden -Wl,-z,defs -Wl,-z,now \
  -I "$java_home/include" -I "$java_home/include/linux" \
  -o "$library.new" jni.c batch.c spawn.c sys.c

if [ -n "$(nm -D -u "$library.new")" ] || [ -n "$(readelf -d "$library.new" | grep NEEDED)" ]; then
  echo "build.sh: $library would need a C library:" >&2
  nm -D -u "$library.new" >&2
  exit 1
fi
mv "$agent.new" "$agent"
mv "$library.new" "$library"

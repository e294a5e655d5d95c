#!/usr/bin/env bash
# Builds the small kernel of the tests anew: functions at a kernel's addresses, some inlined, two of one name, and a module.
# The offsets in test/cli/audit-vmlinux.test.ts are those of gcc 12; objdump -d shows others.
set -euo pipefail
cd "$(dirname "$0")"
out=$(mktemp -d)
flags="-g -O1 -fno-pic -fno-pie -mcmodel=kernel -fno-asynchronous-unwind-tables -fno-stack-protector -fcf-protection=none
  -fdebug-prefix-map=$PWD=/build/linux-6.1 -gno-record-gcc-switches"
for name in demo slab twin; do gcc $flags -c fs/demo/$name.c -o "$out/$name.o"; done
gcc $flags -c drivers/toy/toy.c -o modules/toy.ko
ld -Ttext=0xffffffff81000000 -o vmlinux -e demo_entry --build-id=none "$out"/{demo,slab,twin}.o
rm -r "$out"

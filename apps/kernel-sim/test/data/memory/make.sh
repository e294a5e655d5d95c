#!/bin/bash
# Makes memory.txt: make.sh VMLINUZ, with a kernel that has ext4 and NVMe built in, as Debian's cloud kernel does. It needs gcc, busybox (static),
# cpio, mkfs.ext4, debugfs and qemu-system-x86_64; it takes ten seconds.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/root/{bin,dev}
gcc -O1 -static -o "$work/root/bin/workload" "$here/workload.c"
cp "$(command -v busybox)" "$work/root/bin/busybox"
cat > "$work/root/init" <<'INIT'
#!/bin/busybox sh
B=/bin/busybox
$B mkdir -p /proc /sys /mnt
$B mount -t proc proc /proc
$B mount -t sysfs sys /sys
$B mount -t devtmpfs dev /dev
$B mount -t tracefs tracefs /sys/kernel/tracing
$B mount -t cgroup2 cgroup /sys/fs/cgroup
for i in 1 2 3 4 5 6 7 8; do $B mount -t ext4 /dev/nvme0n1 /mnt 2>/dev/null && break; $B sleep 1; done
cd /sys/fs/cgroup
echo +memory > cgroup.subtree_control
$B mkdir max high oom
echo 1M > max/memory.max
echo 1M > high/memory.high
echo 1M > oom/memory.max
# Little free memory, and no reserve that THP would want.
echo never > /sys/kernel/mm/transparent_hugepage/enabled
echo 512 > /proc/sys/vm/min_free_kbytes
echo 4194304 > /proc/sys/fs/pipe-max-size
echo 0 > /proc/sys/vm/compaction_proactiveness
echo 13 > /proc/sys/vm/nr_hugepages
cd /sys/kernel/tracing
echo 0 > tracing_on
echo 2600 > buffer_size_kb
for event in kmem/mm_page_alloc kmem/mm_page_free kmem/mm_page_alloc_extfrag \
  vmscan/mm_vmscan_direct_reclaim_begin vmscan/mm_vmscan_direct_reclaim_end \
  vmscan/mm_vmscan_memcg_reclaim_begin vmscan/mm_vmscan_memcg_reclaim_end \
  vmscan/mm_vmscan_memcg_softlimit_reclaim_begin vmscan/mm_vmscan_memcg_softlimit_reclaim_end \
  vmscan/mm_vmscan_wakeup_kswapd vmscan/mm_vmscan_kswapd_wake vmscan/mm_vmscan_kswapd_sleep; do
  echo 1 > events/$event/enable
done
for event in begin end try_to_compact_pages suitable deferred defer_compaction defer_reset migratepages \
  kcompactd_sleep kcompactd_wake wakeup_kcompactd; do
  echo 1 > events/compaction/mm_compaction_$event/enable
done
echo stacktrace > events/vmscan/mm_vmscan_memcg_reclaim_begin/trigger
echo 1 > tracing_on
/bin/workload pieces
$B free > /mnt/free
/bin/workload cgroups
echo 0 > tracing_on
$B cat trace > /mnt/trace
$B umount /mnt
$B reboot -f
INIT
chmod +x "$work/root/init"
(cd "$work/root" && find . | cpio -o -H newc --quiet | gzip -1 > ../initrd)
truncate -s 64M "$work/disk"
mkfs.ext4 -q -b 4096 -J size=4 "$work/disk"
qemu-system-x86_64 -accel tcg -cpu qemu64,-cx16 -icount shift=2,sleep=off -rtc clock=vm -smp 1 -m 96 -nodefaults -nographic -no-reboot \
  -serial stdio -monitor none -drive "file=$work/disk,format=raw,if=none,id=disk" -device nvme,drive=disk,serial=disk \
  -kernel "$1" -initrd "$work/initrd" -append 'console=ttyS0 quiet panic=-1' < /dev/null
debugfs -R "dump /trace memory.txt" "$work/disk" 2> /dev/null

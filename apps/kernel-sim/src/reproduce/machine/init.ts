/**
 * Init: the first and only program of the machine, a script for busybox. It loads the module and afterwards shows which tasks sleep
 * uninterruptibly, and where. What it has to say begins with {@link INIT_PREFIX}, so that it is told from what the kernel prints.
 */

/** What each line of init begins with. */
export const INIT_PREFIX = 'init: '

/** After so many seconds khungtaskd reports a task; it looks as often. */
const HUNG_TASK_SECONDS = 5

/** Where the module lies in the machine. */
export const MODULE_PATH = 'module.ko'

/**
 * The script. @param parameters of the module, as insmod takes them: `name=value`.
 *
 * It says, each on a line of its own:
 * - `kernel RELEASE`, and `up SECONDS` when the module is about to be loaded;
 * - `insmod STATUS` when the module is done;
 * - `asleep PID SWITCHES NAME` for each task in state D, once and once more two seconds later, when `again` was said;
 * - `stack PID FRAME` for each frame of such a task's stack;
 * - `hung LINE` for each line of khungtaskd;
 * - `end`.
 */
export function initScript(parameters: readonly string[]): string {
  for (const parameter of parameters) {
    if (!/^[a-z_]+=[\w.,-]*$/.test(parameter)) {
      throw new RangeError(`${parameter} is not a parameter of a module`)
    }
  }
  return `#!/bin/busybox sh
# The first program of the machine: loads the module, and shows which tasks hang. Never run it on a machine of yours.
b=/bin/busybox
$b mkdir -p /proc /sys
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys

say() { echo "${INIT_PREFIX}$*"; }
tune() { if [ -e "/proc/sys/$1" ]; then echo "$2" > "/proc/sys/$1"; fi; }

# asleep: says which tasks are in state D, and sets pids to their numbers. No program is started for it.
asleep() {
	pids=
	for status in /proc/[0-9]*/status; do
		name= state= switches=0
		while read -r key value rest; do
			case $key in
			Name:) name="$value\${rest:+ $rest}" ;;
			State:) state=$value ;;
			voluntary_ctxt_switches:|nonvoluntary_ctxt_switches:) switches=$((switches + value)) ;;
			esac
		done < "$status"
		[ "$state" = D ] || continue
		pid=\${status#/proc/}
		pid=\${pid%/status}
		say asleep "$pid" "$switches" "$name"
		pids="$pids $pid"
	done
}

say kernel "$($b uname -r)"
tune kernel/hung_task_timeout_secs ${HUNG_TASK_SECONDS}
tune kernel/hung_task_warnings 100
tune kernel/printk 7
# Otherwise taking memory raises the watermarks, and kswapd lowers them when it wakes: memory out of nothing.
tune vm/watermark_boost_factor 0
# Drivers go on probing for a while, and use workers.
$b sleep 5
say up "$($b cut -d' ' -f1 /proc/uptime)"
$b insmod /${MODULE_PATH}${parameters.map((parameter) => ` ${parameter}`).join('')}
status=$?
# What the kernel prints now would stand in the middle of our lines.
tune kernel/printk 1
say insmod "$status"
asleep
$b sleep 2
say again
asleep
for pid in $pids; do
	$b sed "s/^/${INIT_PREFIX}stack $pid /" "/proc/$pid/stack"
done
hung() { $b dmesg | $b grep 'blocked for more than'; }
n=0
while [ -n "$pids" ] && [ $n -lt ${HUNG_TASK_SECONDS * 2 + 2} ] && ! hung > /dev/null; do
	$b sleep 1
	n=$((n + 1))
done
hung | $b sed 's/^/${INIT_PREFIX}hung /'
say end
# QEMU was told to end when the machine reboots; not every kernel can power off.
$b reboot -f
`
}

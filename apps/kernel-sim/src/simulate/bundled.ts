/** Bundled: the machine and the mixed load that `simulate` runs when it is given none. */

/** Little memory, much metadata, a stream, small writes, bursts, and at the end a program that takes all. */
export const BUNDLED_PLAN = `seed=1 dur=10000 fs=ext4
proc name=stat type=stat dirs=100 per=200 pace_us=500
proc name=create type=create dirs=16 ring=500 kib=4 pace_us=4000
proc name=cycle type=read file=big.dat mib=100 chunk=64 passes=0
proc name=burst type=burst mib=24 period_us=1000000 start=2000
proc name=hog type=hog mib=88 step=1024 step_us=40000 start=6500
`

export const BUNDLED_RAM = 128

/** The scenario that runs beside it, to show what a lost restriction does: bundled with check. */
export const BUNDLED_SCENARIO = 'journal-handle'

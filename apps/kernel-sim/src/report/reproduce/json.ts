/** Reproduce JSON: what became of a cell on a kernel, for programs, as schemas/reproduce.schema.json describes it. */
import { printSplat } from '../../lockdep/print-splat.js'
import type { Splat } from '../../lockdep/splat.js'
import type { JudgedTask } from '../../reproduce/judge/judge.js'
import type { JudgedRound } from '../../reproduce/judge/round.js'
import type { RunReport } from './run-report.js'

export function reproduceJson(report: RunReport): string {
  const { prediction, judgement, reports, hasLockdep, standIns, accelerator } = report
  const { lockdep, ...model } = prediction
  const { rounds, tasks, ...kernel } = judgement
  const document = {
    format: 'kernel-sim-reproduce',
    version: 1,
    model: { ...model, lockdep: lockdep.map(splatJson) },
    kernel: {
      ...kernel,
      accelerator,
      rounds: rounds.map(roundJson),
      tasks: tasks.map(taskJson),
      ...(hasLockdep
        ? {
            lockdep: reports.flatMap(({ splat }) =>
              splat === undefined ? [] : [splatJson(splat)],
            ),
          }
        : {}),
    },
    standIns,
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function splatJson(splat: Splat): object {
  return { kind: splat.kind, text: printSplat(splat) }
}

function roundJson({ number, turns, over, unshown, differs }: JudgedRound): object {
  return {
    round: number,
    ...(over === null ? {} : { verdict: over.verdict, followed: over.followed === 1 }),
    turns: turns.map(({ turn, actor, does, is, results }) => ({
      turn,
      actor,
      does,
      ...(is === null ? {} : { is }),
      results: results.map(({ does, result, expected }) => ({
        does,
        result,
        ...(expected < 0 ? {} : { expected }),
      })),
    })),
    unshown,
    differs,
  }
}

function taskJson({ model, is, pid, hung, ...task }: JudgedTask): object {
  return {
    ...task,
    ...(is === undefined ? {} : { is }),
    ...(pid === undefined ? {} : { pid }),
    ...(hung === undefined ? {} : { hung }),
    ...(model === undefined ? {} : { model }),
  }
}

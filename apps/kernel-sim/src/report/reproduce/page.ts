/** Reproduce page: what became of a cell on a kernel, beside what the model says of it, before it has a form. */
import { printSplat } from '../../lockdep/print-splat.js'
import { DISSOLVED, type JudgedTask, type Judgement } from '../../reproduce/judge/judge.js'
import type { JudgedRound } from '../../reproduce/judge/round.js'
import { plural } from '../form/numbers.js'
import { type Page, type Part, type Section, section, sections } from '../form/page.js'
import { names, numbers, type Table, table, text, type Value } from '../form/table.js'
import type { RunReport } from './run-report.js'

export function reproducePage(report: RunReport): Page {
  const { prediction, judgement } = report
  const { kernel, result } = judgement
  const { scenario, policy } = prediction
  return {
    title: `${scenario} under ${policy}, on Linux ${kernel}`,
    lead: leadOf(report),
    marks: [{ good: result === 'agrees', text: `model and kernel: ${result}` }],
    sections: sections([
      tasksSection(judgement),
      stepsSection(judgement),
      roundsSection(judgement),
      lockdepSection(report),
      standInsSection(report),
    ]),
  }
}

function leadOf({ prediction, judgement, accelerator }: RunReport): string[] {
  const { verdict, why } = prediction
  const { outcome, dissolved, differs, unshown, result, counted, rounds, compared } = judgement
  const ofRounds = `${counted} of ${plural(rounds.length, 'round')} ${counted === 1 ? 'shows' : 'show'} something, with ${plural(compared, 'comparison')} of steps`
  return [
    `The model: ${verdict}${why === '' ? '' : `, because ${why}`}.`,
    outcome === 'done'
      ? 'The kernel: all actors came to their end.'
      : `The kernel: ${outcome}. It ${DISSOLVED[dissolved]}.`,
    result === 'shows nothing'
      ? 'This run shows nothing:'
      : result === 'agrees'
        ? `They agree. ${ofRounds}.`
        : `They differ. ${ofRounds}.`,
    ...unshown.map((why) => `${why}.`),
    ...differs.map((how) => `${how}.`),
    accelerator === 'tcg'
      ? 'The machine was emulated, and its clock followed its instructions.'
      : 'The machine ran on this processor.',
  ]
}

/** Who is stuck: in the model and on the kernel, one beside the other. */
function tasksSection({ tasks }: Judgement): Section | undefined {
  if (tasks.length === 0) return undefined
  return section('tasks', 'Who is stuck, in the model and on the kernel', [
    table(tasks, {
      caption: 'Who is stuck',
      columns: [
        names('who', ({ name }) => name),
        names('in the model', (task) => inModel(task)),
        names('on the kernel', ({ does }) => does),
        text('is', (task): Value => stateOf(task)),
      ],
    }),
    ...tasks.flatMap(stacksOf),
  ])
}

function inModel({ model }: JudgedTask): string {
  if (model === undefined) return 'comes to its end'
  return `${model.isBlocked ? 'waits for' : 'goes on with'} ${model.what}`
}

function stateOf({ is, asleep }: JudgedTask): Value {
  if (is === undefined) return 'done'
  if (is === 'unbegun') return 'not begun'
  if (is === 'busy') return 'busy'
  return { text: 'asleep', tone: asleep ? 'bad' : 'soft' }
}

/** What else is known of it. */
function factsOf({ model, pid, asleep, hung }: JudgedTask): string[] {
  const facts = [
    ...(model === undefined
      ? []
      : [`in the model ${model.task}${model.inCircle ? ', in the circle' : ''}`]),
    ...(pid === undefined ? [] : [`on the kernel process ${pid}`]),
    ...(asleep ? ['state D when all was given back, and never switched to'] : []),
    ...(hung === undefined
      ? []
      : [`reported by khungtaskd as blocked for more than ${hung} seconds`]),
  ]
  return facts.length === 0 ? [] : [`${facts.join('; ')}.`.replace(/^i/, 'I').replace(/^o/, 'O')]
}

/** Two stacks, innermost frame first. */
function stacksOf(task: JudgedTask): Part[] {
  const { name, model, stack } = task
  const modelled = model?.stack ?? []
  const rows = Array.from({ length: Math.max(modelled.length, stack.length) }, (_, at) => at)
  if (rows.length === 0) return []
  return [
    { heading: name },
    ...factsOf(task),
    table(rows, {
      caption: `The stack of ${name}`,
      columns: [
        names('in the model', (at) => modelled[at] ?? ''),
        names('on the kernel', (at) => stack[at] ?? ''),
      ],
    }),
  ]
}

/** The turns of the round that went wrong, or of the last. */
function stepsSection({ rounds, tasks, actors }: Judgement): Section | undefined {
  const round = rounds.at(-1)
  if (round === undefined || round.turns.length === 0) return undefined
  return section('steps', 'Turn by turn', [
    ...(tasks.length === 0 ? ['The last of the rounds.'] : []),
    turnsTable(round, actors),
  ])
}

function turnsTable({ turns }: JudgedRound, actors: readonly string[]): Table {
  return table(turns, {
    caption: 'What each actor did when it was its turn',
    columns: [
      numbers('turn', ({ turn }) => String(turn + 1)),
      names('actor', ({ actor }) => actors[actor] ?? ''),
      names('does', ({ does }) => does),
      text('came to', ({ results }) => ({
        lines: results.map(({ result, expected }) =>
          expected < 0 || expected === result
            ? `${result}`
            : `${result} (in the model ${expected})`,
        ),
      })),
      text('and then', ({ is }) => (is === null ? '' : AFTER[is])),
      text(
        '',
        ({ differs }): Value => (differs.length === 0 ? '' : { text: 'differs', tone: 'bad' }),
      ),
    ],
  })
}

const AFTER = {
  'goes-on': 'goes on',
  ended: 'has come to its end',
  blocked: 'sleeps',
  running: 'is under way',
} as const

function roundsSection({ rounds }: Judgement): Section | undefined {
  if (rounds.length < 2) return undefined
  return section('rounds', 'Rounds', [
    table(rounds, {
      caption: 'Rounds, each a schedule of its own',
      columns: [
        numbers('round', ({ number }) => String(number + 1)),
        numbers('turns', ({ turns }) => turns.length),
        numbers('reclaims', ({ reclaims }) => reclaims.length),
        text('came to', ({ over }) => over?.verdict ?? 'no end'),
        text('shows nothing, because', ({ unshown }) => ({ lines: unshown })),
        text('differs', ({ differs }) => ({ lines: differs })),
      ],
    }),
  ])
}

/** lockdep's reports: the kernel's, and those of the model. */
function lockdepSection({ prediction, reports, hasLockdep }: RunReport): Section | undefined {
  const kernel = reports.flatMap(({ splat }) => (splat === undefined ? [] : [splat]))
  const parts: Part[] = []
  if (!hasLockdep)
    parts.push(
      'This kernel was built without PROVE_LOCKING: it says nothing of the order of locks.',
    )
  else if (kernel.length === 0) parts.push('lockdep on the kernel is silent.')
  for (const splat of kernel) {
    parts.push({ heading: 'On the kernel' })
    parts.push({ shows: 'what lockdep printed', drawing: printSplat(splat).trimEnd().split('\n') })
  }
  if (prediction.lockdep.length === 0) parts.push('lockdep in the model is silent.')
  for (const splat of prediction.lockdep) {
    parts.push({ heading: 'In the model' })
    parts.push({
      shows: 'what lockdep would print',
      drawing: printSplat(splat).trimEnd().split('\n'),
    })
  }
  return section('lockdep', 'lockdep', parts)
}

function standInsSection({ standIns }: RunReport): Section | undefined {
  if (standIns.length === 0) return undefined
  return section('stand-ins', 'What is not the kernel’s own', [
    table(standIns, {
      caption: 'Stand-ins',
      columns: [names('object', ({ object }) => object), text('is', ({ why }) => why)],
    }),
  ])
}

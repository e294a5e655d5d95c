/**
 * Generate: a kernel module that follows executions of a scenario under a policy. Its text depends on the scenario, the policy and the
 * executions alone, to the byte.
 */
import { Execution, replay } from '@scopemask/checker/search'
import type { Policy } from '../../kernel/policy.js'
import type { Scenario } from '../../kernel/scenario.js'
import { subjectOf } from '../../matrix/subject.js'
import { protocolHeader } from '../protocol.js'
import { planOf } from '../schedule/plan.js'
import { actorText } from './actor-text.js'
import { actorId, moduleName } from './c-names.js'
import { functionLines, indented, quoted } from './c-text.js'
import type { Actor } from './cast.js'
import { Draft } from './draft.js'
import { objectText } from './object-text.js'
import type { ObjectKind } from './objects.js'
import { Refused } from './refused.js'
import { scheduleText } from './schedule-text.js'
import { shrinkerText } from './shrinker-text.js'

/** What a module is made of. */
export interface ModuleRequest {
  readonly scenario: Scenario
  readonly policy: Policy
  /** What it follows, one round each: tokens of counterexamples, or of executions that come to their end. */
  readonly tokens: readonly string[]
}

/** A module, or why there is none. */
export type Generated =
  | {
      readonly kind: 'module'
      /** The name of the module: that of its file without `.ko`. */
      readonly name: string
      /** Its own files by name; the harness, which is the same for all modules, comes with the package. */
      readonly files: ReadonlyMap<string, string>
      /** Who acts, in the order of the numbers of the protocol. */
      readonly actors: readonly Pick<Actor, 'is' | 'name' | 'number'>[]
      /** What is made of the same primitives as in the model instead of being the kernel's own. */
      readonly standIns: readonly { readonly object: string; readonly why: string }[]
      /** The kinds of objects that take part. */
      readonly kinds: readonly ObjectKind[]
    }
  | { readonly kind: 'refused'; readonly object: string; readonly why: string }

/** The files of the harness, in the package's folder `reproduce`. */
export const HARNESS = [
  'ksim.h',
  'memory.h',
  'locks.h',
  'shared.h',
  'work.h',
  'standins.h',
  'director.h',
] as const

/**
 * Makes a module.
 * @throws Misuse when the scenario breaks a rule, or a token does not fit it.
 */
export function generateModule(request: ModuleRequest): Generated {
  try {
    return moduleOf(request)
  } catch (thrown) {
    if (!(thrown instanceof Refused)) throw thrown
    return { kind: 'refused', object: thrown.object, why: thrown.why }
  }
}

function moduleOf({ scenario, policy, tokens }: ModuleRequest): Generated {
  const subject = subjectOf(scenario, policy)
  const draft = new Draft(subject)
  const plans = tokens.map((token) =>
    planOf(
      subject,
      draft.cast,
      replay(subject.machine, token, new Execution(subject.machine, draft.programs)),
    ),
  )
  const { actors } = draft.cast
  const actorLines = actors.map((actor) => actorText(draft, actor))
  const shrinkers = shrinkerText(draft)
  const schedules = scheduleText(draft, plans)
  const objects = objectText(draft)
  const name = moduleName(scenario.name, policy.name)
  const text = [
    '// SPDX-License-Identifier: GPL-2.0 OR MIT',
    `/* Made by kernel-sim reproduce: ${scenario.name} under ${policy.name}. */`,
    `#define KSIM_CELL ${quoted(`${scenario.name} ${policy.name}`)}`,
    '',
    ...HARNESS.map((file) => `#include "${file}"`),
    '',
    '/* The policy. */',
    '',
    `static const bool ksim_conveys = ${policy.delegation === 'convey-on-queue'};`,
    `static const bool ksim_separates = ${policy.separateQueues};`,
    `static const bool ksim_inherits = ${policy.delegation === 'inherit-on-wait'};`,
    `static const int ksim_pages_counted = ${pagesCounted(draft)};`,
    '',
    '/* What actors do, step by step. */',
    '',
    ...draft.steps.lines,
    '',
    '/* Who and what there is. */',
    '',
    ...actors.map((actor) => `static struct ksim_actor ${actorId(actor)};`),
    ...objects.declarations,
    '',
    '/* What they do. */',
    '',
    draft.functions.text,
    '',
    ...shrinkers.lines,
    ...actorLines.flat(),
    'static struct ksim_actor *const ksim_actors[] = {',
    ...indented(actors.map((actor) => `&${actorId(actor)},`)),
    '};',
    'static const int ksim_nactors = ARRAY_SIZE(ksim_actors);',
    '',
    '/* The schedules. */',
    '',
    ...schedules,
    '',
    ...functionLines('static int ksim_setup(void)', [
      ...objects.made,
      shrinkers.registered.length > 0
        ? `return ${shrinkers.registered.join(' ?: ')};`
        : 'return 0;',
    ]),
    ...functionLines('static void ksim_reset(void)', objects.reset),
    ...functionLines(
      'static void ksim_begin_round(const struct ksim_round *schedule)',
      objects.begun,
    ),
    ...functionLines('static void ksim_release_all(void)', objects.released),
    ...functionLines('static void ksim_leave_queues(void)', objects.left),
    ...functionLines('static void ksim_wake_kswapd(void)', wakesKswapd(draft)),
  ].join('\n')
  return {
    kind: 'module',
    name,
    files: new Map([
      [`${name}.c`, text],
      ['protocol.h', protocolHeader()],
    ]),
    actors: actors.map(({ number, is, name }) => ({ number, is, name })),
    standIns: [
      ...objects.standIns,
      ...[...draft.functions.reclaimers].map((object) => ({ object, why: RECLAIMS })),
    ],
    kinds: [...new Set(draft.functions.objects.values())].sort(),
  }
}

const RECLAIMS =
  'a thread of the module that allocates under pressure and gives the page away: when kswapd itself reclaims cannot be chosen'

/** How many pages there are at first, where they are counted; else -1. */
function pagesCounted({ operations }: Draft): number {
  const taken = operations.find(({ kind }) => kind === 'rmqueue')
  return taken?.object?.fields[0]?.initial ?? -1
}

/** What an allocation does that wants kswapd. */
function wakesKswapd({ subject, functions }: Draft): string[] {
  const wanted = subject.kernel.kswapdIsWanted
  if (wanted === null) return []
  const id = functions.is(wanted, 'variable')
  return [`ksim_kswapd_is_wanted(&${id});`]
}

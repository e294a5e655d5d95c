import { library } from '../../tsup.base.js'

export default library({
  entry: {
    index: 'src/index.ts',
    delegation: 'src/delegation.ts',
    remote: 'src/remote.ts',
    task: 'src/task.ts',
    tasks: 'src/tasks.ts',
    follow: 'src/follow.ts',
    granter: 'src/granter.ts',
    diagnostics: 'src/diagnostics.ts',
    'diagnostics-channel': 'src/adapters/diagnostics-channel.ts',
    bullmq: 'src/adapters/bullmq.ts',
    express: 'src/adapters/express.ts',
    events: 'src/adapters/events.ts',
    fastify: 'src/adapters/fastify.ts',
    fetch: 'src/adapters/fetch.ts',
    fields: 'src/adapters/fields.ts',
    'http-header': 'src/adapters/http-header.ts',
    job: 'src/adapters/job.ts',
    'message-port': 'src/adapters/message-port.ts',
    'otel-baggage': 'src/adapters/otel-baggage.ts',
    pool: 'src/adapters/pool.ts',
    queue: 'src/adapters/queue.ts',
    streams: 'src/adapters/streams.ts',
  },
  // For users without Node's types or a newer lib: what declares `Disposable` and `Symbol.dispose`.
  banner: '/// <reference lib="esnext.disposable" />',
})

/**
 * TypeDefs: the GraphQL schema. Names, states and shapes are those of the HTTP API, so docs/api.md holds for both.
 *
 * Fields are nullable but for ids: a key that may write and not read is told no more of what it wrote.
 * @module
 */
const SCALARS = /* GraphQL */ `
  "Any JSON."
  scalar JSON
  "ISO 8601 in UTC, as in 2027-01-01T00:00:00.000Z."
  scalar DateTime
  "Milliseconds, or text such as 30s, 2h, PT30S."
  scalar Duration

  enum JobState { scheduled pending running retrying completed failed cancelled }
  enum Order { newest oldest }
`;

const JOBS = /* GraphQL */ `
  type Job {
    id: ID!
    name: String
    queue: String
    state: JobState
    priority: Int
    payload: JSON
    result: JSON
    checkpoint: JSON
    error: JobError
    "0 to 100, as the handler told it."
    progress: Float
    createdAt: DateTime
    runAt: DateTime
    startedAt: DateTime
    finishedAt: DateTime
    attempt: Int
    maxAttempts: Int
    attempts: [Attempt!]
    sla: JSON
    tags: [String!]
    scheduleId: ID
    flowId: ID
    shard: Int
    node: String
    traceId: String
    waiting: Waiting
    delivery: String
    retry: JSON
    timeout: Float
    concurrencyKey: String
    version: Int
    logs(after: Int, limit: Int): LogPage
    schedule: Schedule
    flow: Flow
  }
  type JobError { name: String message: String stack: String }
  type Attempt {
    number: Int
    node: String
    startedAt: DateTime
    finishedAt: DateTime
    outcome: String
    error: JobError
  }
  "Why a due job does not run yet."
  type Waiting { reason: String detail: String }
  type LogPage { lines: [LogLine!] next: Int }
  type LogLine { n: Int text: String }
  "A page may be short, even empty, before the end: only a null cursor ends a list."
  type JobPage { nodes: [Job!]! cursor: String }
  type Counts { total: Int states: [StateCount!] queues: [QueueCount!] }
  type StateCount { state: JobState! count: Int! }
  type QueueCount { queue: String! states: [StateCount!]! }
  type BulkAction { matched: Int done: Int refused: Int cursor: String }
  type BulkSubmission { accepted: Int rejected: Int jobs: [BulkJob!] errors: [BulkError!] }
  type BulkJob { index: Int! id: ID! }
  type BulkError { index: Int! status: Int title: String detail: String errors: [FieldProblem!] }
  type FieldProblem { path: String message: String }
  type JobEvent {
    jobId: ID!
    version: Int
    state: JobState
    name: String
    queue: String
    attempt: Int
    progress: Float
    at: DateTime
  }

  input JobInput {
    name: String!
    payload: JSON
    id: ID
    queue: String
    priority: Int
    runAt: DateTime
    delay: Duration
    retry: RetryInput
    timeout: Duration
    sla: SlaInput
    delivery: String
    tags: [String!]
    retention: RetentionInput
    concurrencyKey: String
    unique: UniqueInput
    debounce: DebounceInput
    throttle: ThrottleInput
  }
  input RetryInput {
    attempts: Int
    backoff: String
    base: Duration
    factor: Float
    max: Duration
    jitter: Float
    on: [String!]
    notOn: [String!]
  }
  input SlaInput { startWithin: Duration finishWithin: Duration succeedWithin: Duration }
  input RetentionInput { completed: Duration failed: Duration }
  input UniqueInput { key: String! window: Duration onConflict: String }
  input DebounceInput { key: String! wait: Duration! maxWait: Duration }
  input ThrottleInput { key: String! every: Duration! }
  input JobFilter { state: JobState name: String queue: String tag: String scheduleId: ID flowId: ID }
`;

const SCHEDULES = /* GraphQL */ `
  type Schedule {
    id: ID!
    state: String
    cron: String
    every: Float
    rrule: String
    timezone: String
    startAt: DateTime
    endAt: DateTime
    count: Int
    jitter: Float
    overlap: String
    misfire: JSON
    dst: JSON
    exclude: JSON
    job: JSON
    pauseNote: String
    createdAt: DateTime
    fired: Int
    last: JSON
    waiting: Int
    nextAt: DateTime
    version: Int
    next(count: Int): [Fire!]
    occurrences(limit: Int, after: String, order: Order): OccurrencePage
    jobs(state: JobState, limit: Int, cursor: String): JobPage
  }
  type SchedulePage { nodes: [Schedule!]! cursor: String }
  type Fire { at: DateTime local: String fires: Boolean note: String }
  type OccurrencePage { nodes: [Occurrence!]! cursor: String }
  type Occurrence {
    n: Int
    nominalAt: DateTime
    dueAt: DateTime
    decision: String
    jobId: ID
    node: String
    at: DateTime
  }
  type Triggered { jobId: ID }
  type Backfilled { jobIds: [ID!] next: DateTime }

  "One of cron, every and rrule."
  input ScheduleInput {
    id: ID
    cron: String
    every: Duration
    rrule: String
    timezone: String
    startAt: DateTime
    endAt: DateTime
    count: Int
    jitter: Duration
    overlap: String
    misfire: MisfireInput
    dst: DstInput
    exclude: ExcludeInput
    job: JobInput!
  }
  input MisfireInput { policy: String window: Duration max: Int }
  input DstInput { gap: String overlap: String }
  input ExcludeInput { dates: [String!] calendars: [String!] }
`;

const OTHERS = /* GraphQL */ `
  type Flow {
    id: ID!
    state: String
    createdAt: DateTime
    endedAt: DateTime
    run: Int
    counts: JSON
    onFailure: String
    callbackJobId: ID
    version: Int
    "Null in lists."
    jobs: [FlowJob!]
  }
  type FlowJob { key: String name: String state: String jobId: ID dependsOn: [FlowEdge!] }
  type FlowEdge { key: String onFailure: String }
  type FlowPage { nodes: [Flow!]! cursor: String }

  type Queue {
    name: ID
    paused: Boolean
    concurrency: Int
    rate: Rate
    perKey: KeyLimits
    inUse: QueueUse
  }
  type Rate { limit: Int "second, minute, hour, day or milliseconds" per: JSON }
  type KeyLimits { concurrency: Int rate: Rate }
  type QueueUse { running: Int starts: Int }
  "What is left out stays; null takes a limit away."
  input QueueInput { paused: Boolean concurrency: Int rate: RateInput perKey: KeyLimitsInput }
  input RateInput { limit: Int! per: JSON! }
  input KeyLimitsInput { concurrency: Int rate: RateInput }

  type Incident {
    id: ID!
    status: String
    kind: String
    labels: JSON
    count: Int
    last: JSON
    openedAt: DateTime
    resolvedAt: DateTime
    silence: JSON
    channels: JSON
  }
  type IncidentPage { nodes: [Incident!]! cursor: String }
  type Node {
    id: ID!
    state: String
    roles: [String!]
    http: String
    peer: String
    load: NodeLoad
    shards: Int
  }
  type NodeLoad { running: Int slots: Int }
  type Drained { id: ID state: String }
  type Handler { name: String! kind: String isolation: String timeout: Float file: String }
`;

const ROOTS = /* GraphQL */ `
  type Query {
    "Null when there is none, or none that the key may see."
    job(id: ID!): Job
    jobs(
      state: JobState name: String queue: String tag: String scheduleId: ID flowId: ID
      from: DateTime to: DateTime order: Order limit: Int cursor: String
    ): JobPage
    counts: Counts
    queue(name: ID!): Queue
    schedule(id: ID!): Schedule
    schedules(state: String, name: String, limit: Int, cursor: String): SchedulePage
    flow(id: ID!): Flow
    flows(state: String, limit: Int, cursor: String): FlowPage
    alerts(status: String, limit: Int, cursor: String): IncidentPage
    nodes: [Node!]
    handlers: [Handler!]
  }
  type Mutation {
    "The job is durable when this answers. With an idempotencyKey it may be repeated."
    submitJob(job: JobInput!, idempotencyKey: String): Job
    "A wrong job rejects only itself."
    submitJobs(jobs: [JobInput!]!): BulkSubmission
    cancelJob(id: ID!): Job
    retryJob(id: ID!, payload: JSON): Job
    runJob(id: ID!): Job
    cancelJobs(filter: JobFilter, all: Boolean, limit: Int, cursor: String): BulkAction
    retryJobs(filter: JobFilter, all: Boolean, limit: Int, cursor: String): BulkAction
    "Creates it; an id that is taken is refused."
    createSchedule(schedule: ScheduleInput!): Schedule
    "Creates it, or replaces its whole spec; may be repeated."
    putSchedule(id: ID!, schedule: ScheduleInput!): Schedule
    deleteSchedule(id: ID!): Schedule
    pauseSchedule(id: ID!, note: String): Schedule
    resumeSchedule(id: ID!): Schedule
    triggerSchedule(id: ID!): Triggered
    backfillSchedule(id: ID!, from: DateTime!, to: DateTime!): Backfilled
    "flow is the body of POST /flow."
    submitFlow(flow: JSON!, idempotencyKey: String): Flow
    cancelFlow(id: ID!): Flow
    retryFlow(id: ID!): Flow
    setQueue(name: ID!, settings: QueueInput!): Queue
    silenceAlert(id: ID!, for: Duration!, note: String): Incident
    drainNode(id: ID!): Drained
  }
  type Subscription {
    "The changes of all jobs that the key may see."
    jobEvents(state: JobState, name: String, queue: String): JobEvent
    "One job's changes: its state first, then each change, to its end."
    job(id: ID!): JobEvent
  }
`;

/** The schema as text. */
export const TYPE_DEFS: string = [SCALARS, JOBS, SCHEDULES, OTHERS, ROOTS].join("\n");

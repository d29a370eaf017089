-- The state of agents: who leads, what is upgraded, what is scheduled.
--
-- Each table says its class in its comment. DATA can be restored from a snapshot. LEDGER is history and is never
-- restored. CONTROL says how things stand now; it is never restored but worked out again.
-- No foreign key leads from LEDGER or CONTROL to DATA, so that a restore of DATA takes nothing else with it.

create schema if not exists selfupgrade;
comment on schema selfupgrade is 'SelfUpgrade: state of agents that upgrade themselves. Not to be exposed to the Data API.';

create table if not exists selfupgrade.schema_history (
    version    text primary key,
    name       text not null,
    sha256     text,
    applied_at timestamptz not null default clock_timestamp()
);
comment on table selfupgrade.schema_history is
    'LEDGER: migrations that were applied, each with the SHA-256 of its file where that is known';
-- Each file of the library registers itself, for whom another tool applies it.
insert into selfupgrade.schema_history (version, name)
values ('20261101000100', '20261101000100_foundation.sql') on conflict do nothing;

-- ---------------------------------------------------------------------------------------------- leadership

create table selfupgrade.agent_state (
    id                uuid primary key default gen_random_uuid(),
    name              text not null unique check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'),
    version           text not null,
    candidate_version text,
    last_updated      timestamptz not null default clock_timestamp(),
    config            jsonb not null default '{}',
    status            text not null default 'running',
    health_check      timestamptz not null default clock_timestamp()
) with (fillfactor = 50);
comment on table selfupgrade.agent_state is
    'CONTROL: one row an agent: its confirmed version, the version on trial, and its primary''s heartbeat';

create table selfupgrade.leadership (
    agent              text primary key,
    holder             uuid not null,
    epoch              bigint not null check (epoch > 0),
    expires_at         timestamptz not null,
    lock_held          boolean not null default false,
    lock_pid           integer,
    lock_backend_start timestamptz,
    -- What makes the fence hold: a change of a unique column waits for every FOR KEY SHARE on the row, a renewal does not.
    constraint leadership_fence unique (agent, epoch),
    constraint lock_is_named check (lock_held = (lock_pid is not null and lock_backend_start is not null))
) with (fillfactor = 50);
comment on table selfupgrade.leadership is
    'CONTROL: one row an agent: who leads it, at which epoch, until when on the database''s clock';

create table selfupgrade.instances (
    id           uuid primary key,
    agent        text not null,
    version      text not null,
    build        text not null,
    trial        uuid,
    launched     boolean not null,
    place        text not null,
    epoch        bigint not null default 0,
    started_at   timestamptz not null default clock_timestamp(),
    heartbeat_at timestamptz not null default clock_timestamp(),
    stopped_at   timestamptz
) with (fillfactor = 50);
create index instances_living on selfupgrade.instances (agent, started_at desc) where stopped_at is null;
comment on table selfupgrade.instances is
    'CONTROL: the processes of agents, each stamped by itself';

-- ---------------------------------------------------------------------------------------------- upgrades

create table selfupgrade.upgrades (
    id              uuid primary key default gen_random_uuid(),
    seq             bigint generated always as identity,
    agent           text not null,
    trigger         text not null check (trigger in ('SCHEDULED', 'MANUAL', 'WEBHOOK')),
    from_version    text not null,
    to_version      text,
    manifest_sha256 text,
    phase           text not null default 'OPEN' check (phase in (
        'OPEN', 'STAGED', 'AWAITING_APPROVAL', 'TRIAL', 'HANDED_OVER', 'ROLLING_BACK',
        'CONFIRMED', 'ROLLED_BACK', 'ROLLBACK_FAILED', 'REFUSED', 'UP_TO_DATE', 'ABORTED')),
    phase_at        timestamptz not null default clock_timestamp(),
    reason_code     text,
    reason          text,
    retryable       boolean not null default false,
    created_at      timestamptz not null default clock_timestamp(),
    trial_at        timestamptz,
    candidate       uuid,
    epoch           bigint not null default 0,
    deadline        timestamptz,
    look            text check (look in ('PASSED', 'FAILED')),
    look_code       text,
    look_reason     text,
    look_at         timestamptz,
    self_check      text check (self_check in ('PASSED', 'FAILED')),
    self_code       text,
    self_reason     text,
    self_at         timestamptz,
    constraint target_is_whole check ((to_version is null) = (manifest_sha256 is null))
);
create unique index upgrades_one_open on selfupgrade.upgrades (agent)
    where phase in ('OPEN', 'STAGED', 'AWAITING_APPROVAL', 'TRIAL', 'HANDED_OVER', 'ROLLING_BACK');
create index upgrades_newest on selfupgrade.upgrades (agent, seq desc);
comment on table selfupgrade.upgrades is
    'LEDGER: one row a run of the pipeline; its phase is the one decision';

create table selfupgrade.upgrade_steps (
    id       bigint generated always as identity primary key,
    upgrade  uuid references selfupgrade.upgrades,
    agent    text not null,
    step     text not null,
    event    text not null,
    detail   text not null,
    instance uuid not null,
    epoch    bigint not null,
    launcher text,
    sequence bigint,
    at       timestamptz not null default clock_timestamp(),
    constraint launcher_entry_once unique (launcher, sequence),
    constraint launcher_entry_is_whole check ((launcher is null) = (sequence is null))
);
create index upgrade_steps_of on selfupgrade.upgrade_steps (upgrade, id);
comment on table selfupgrade.upgrade_steps is
    'LEDGER: what happened in each step; a row without an upgrade tells of a version adopted without one';

create table selfupgrade.upgrade_requests (
    id          uuid primary key default gen_random_uuid(),
    seq         bigint generated always as identity,
    agent       text not null,
    trigger     text not null check (trigger in ('SCHEDULED', 'MANUAL', 'WEBHOOK')),
    created_at  timestamptz not null default clock_timestamp(),
    upgrade     uuid references selfupgrade.upgrades,
    answered_at timestamptz
);
create index upgrade_requests_waiting on selfupgrade.upgrade_requests (agent, seq) where upgrade is null;
comment on table selfupgrade.upgrade_requests is
    'LEDGER: wishes for an upgrade, each answered by one';

create table selfupgrade.failed_versions (
    id              bigint generated always as identity primary key,
    agent           text not null,
    version         text not null,
    manifest_sha256 text not null,
    reason_code     text not null,
    reason          text not null,
    at              timestamptz not null default clock_timestamp(),
    forgiven_at     timestamptz
);
create unique index failed_versions_once on selfupgrade.failed_versions (agent, version, manifest_sha256)
    where forgiven_at is null;
comment on table selfupgrade.failed_versions is
    'LEDGER: builds that are not tried again, until they are forgiven';

create table selfupgrade.freezes (
    agent text primary key,
    why   text not null,
    at    timestamptz not null default clock_timestamp()
);
comment on table selfupgrade.freezes is
    'CONTROL: agents whose forward effects are stopped';

create table selfupgrade.snapshots (
    id        uuid primary key,
    seq       bigint generated always as identity,
    agent     text not null,
    kind      text not null check (kind in ('UPGRADE', 'ASKED', 'UNDO')),
    upgrade   uuid references selfupgrade.upgrades,
    taken_at  timestamptz not null,
    rows      jsonb not null,
    bytes     bigint not null,
    constraint upgrade_is_named check ((kind = 'UPGRADE') = (upgrade is not null))
);
create index snapshots_newest on selfupgrade.snapshots (agent, seq desc);
comment on table selfupgrade.snapshots is
    'LEDGER: copies of an agent''s data, with the number of rows of each table';

create table selfupgrade.snapshot_rows (
    id         bigint generated always as identity primary key,
    snapshot   uuid not null,
    agent      text not null,
    table_name text not null,
    content    jsonb not null,
    copied_at  timestamptz not null default clock_timestamp()
);
create index snapshot_rows_of on selfupgrade.snapshot_rows (snapshot, table_name);
comment on table selfupgrade.snapshot_rows is
    'LEDGER: the copied rows of the newest ten snapshots of each agent; the next one clears the others, and those that were not finished within an hour';

-- ---------------------------------------------------------------------------------------------- schedules

create table selfupgrade.scheduled_tasks (
    id              uuid primary key default gen_random_uuid(),
    agent           text not null,
    name            text not null,
    task_type       text not null,
    schedule        text not null check (schedule in ('CRON', 'EVERY', 'AT')),
    cron_expression text,
    time_zone       text,
    period_micros   bigint,
    due_at          timestamptz,
    missed          text not null check (missed in ('SKIP', 'RUN_ONCE', 'RUN_ALL', 'WITHIN')),
    missed_most     integer,
    missed_micros   bigint,
    overlap         text not null check (overlap in ('SKIP', 'QUEUE', 'ALLOW')),
    payload         jsonb not null default '{}',
    enabled         boolean not null default true,
    anchor          timestamptz not null default clock_timestamp(),
    created_at      timestamptz not null default clock_timestamp(),
    unique (agent, name),
    constraint schedule_is_whole check (
        (schedule = 'CRON') = (cron_expression is not null and time_zone is not null)
        and (schedule = 'EVERY') = (period_micros is not null)
        and (schedule = 'AT') = (due_at is not null)),
    constraint missed_is_whole check (
        (missed = 'RUN_ALL') = (missed_most is not null)
        and (missed = 'WITHIN') = (missed_micros is not null))
);
comment on table selfupgrade.scheduled_tasks is
    'DATA: tasks as they are declared';

create table selfupgrade.task_state (
    task     uuid primary key,
    agent    text not null,
    planned  boolean not null default false,
    last_run timestamptz,
    next_run timestamptz
) with (fillfactor = 50);
comment on table selfupgrade.task_state is
    'CONTROL: the last and the next tick of each task';

create table selfupgrade.task_runs (
    id          uuid primary key default gen_random_uuid(),
    agent       text not null,
    task_id     uuid not null,
    task        text not null,
    due         timestamptz not null,
    attempt     integer not null default 1 check (attempt > 0),
    state       text not null check (state in ('WAITING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'SKIPPED')),
    holder      uuid not null,
    epoch       bigint not null,
    passed_over integer not null default 0,
    started_at  timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    error       text not null default '',
    constraint tick_once unique (task_id, due)
) with (fillfactor = 80);
create index task_runs_open on selfupgrade.task_runs (task_id, due) where state in ('WAITING', 'RUNNING');
create index task_runs_of_task on selfupgrade.task_runs (agent, task, due desc);
create index task_runs_of_epoch on selfupgrade.task_runs (agent, epoch, due);
comment on table selfupgrade.task_runs is
    'LEDGER: one row a tick, written when it is claimed';

create view selfupgrade.task_overview with (security_invoker = true) as
    select t.id, t.agent, t.name, t.cron_expression, t.task_type, t.payload, t.enabled, s.last_run, s.next_run,
           t.created_at
      from selfupgrade.scheduled_tasks t
      left join selfupgrade.task_state s on s.task = t.id;
comment on view selfupgrade.task_overview is 'tasks with their last and next tick';

-- ---------------------------------------------------------------------------------------------- settings

create table selfupgrade.settings (
    agent      text not null,
    key        text not null,
    value      jsonb not null,
    -- From a sequence: a version that was seen once never names another value.
    version    bigint generated by default as identity,
    changed_at timestamptz not null default clock_timestamp(),
    primary key (agent, key)
);
comment on table selfupgrade.settings is
    'DATA: the agent''s configuration, versioned by key; agent_state.config is a copy';

-- ---------------------------------------------------------------------------------------------- triggers

create function selfupgrade.stamp_last_updated() returns trigger
    language plpgsql set search_path = pg_catalog as $$
begin
    new.last_updated := clock_timestamp();
    return new;
end
$$;
create trigger stamp_last_updated before update on selfupgrade.agent_state
    for each row
    when ((old.version, old.candidate_version, old.config, old.status)
          is distinct from (new.version, new.candidate_version, new.config, new.status))
    execute function selfupgrade.stamp_last_updated();

create function selfupgrade.copy_settings() returns trigger
    language plpgsql set search_path = pg_catalog as $$
begin
    -- A lock first: who waited for another writer copies what that one wrote too.
    perform from selfupgrade.agent_state s where s.name = coalesce(new.agent, old.agent) for update;
    update selfupgrade.agent_state s
       set config = coalesce((select jsonb_object_agg(t.key, t.value)
                                from selfupgrade.settings t where t.agent = s.name), '{}')
     where s.name = coalesce(new.agent, old.agent);
    return null;
end
$$;
create trigger copy_settings after insert or update or delete on selfupgrade.settings
    for each row execute function selfupgrade.copy_settings();

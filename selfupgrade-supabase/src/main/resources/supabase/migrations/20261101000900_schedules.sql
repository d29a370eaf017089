-- Schedules: policies of tasks, pauses, runs that are tried again, and work that is submitted to be done once.

insert into selfupgrade.schema_history (version, name)
values ('20261101000900', '20261101000900_schedules.sql') on conflict do nothing;

alter table selfupgrade.scheduled_tasks
    add column scope                text not null default 'PRIMARY' check (scope in ('PRIMARY', 'ALL')),
    add column retry_failures       integer not null default 1 check (retry_failures between 1 and 100),
    add column retry_first_micros   bigint not null default 0 check (retry_first_micros >= 0),
    add column retry_longest_micros bigint not null default 0 check (retry_longest_micros >= retry_first_micros),
    add column deadline_micros      bigint check (deadline_micros > 0),
    add column jitter_micros        bigint not null default 0 check (jitter_micros >= 0),
    -- A task that is paused is not enabled, either: the version before this one knows only that.
    add column paused               boolean not null default false;

-- The state of a run that was set aside is FAILED: the version before this one knows no other word for it.
alter table selfupgrade.task_runs
    add column failures    integer not null default 0 check (failures >= 0),
    add column quarantined boolean not null default false,
    add column ready_at    timestamptz;
create index task_runs_quarantined on selfupgrade.task_runs (agent, due desc) where quarantined;

-- Ids are in the order of time, so that the newest rows are neighbours in every index.
create table selfupgrade.one_shots (
    id         uuid primary key,
    agent      text not null,
    handler    text not null,
    due        timestamptz not null,
    ready_at   timestamptz not null,
    payload    jsonb not null,
    running    boolean not null default false,
    attempt    integer not null default 0 check (attempt >= 0),
    failures   integer not null default 0 check (failures >= 0),
    holder     uuid,
    epoch      bigint,
    started_at timestamptz,
    constraint one_shot_is_held check (attempt = 0 or (holder is not null and epoch is not null and started_at is not null))
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05);
create index one_shots_waiting on selfupgrade.one_shots (agent, handler, ready_at) where not running;
create index one_shots_running on selfupgrade.one_shots (agent, holder) where running;
comment on table selfupgrade.one_shots is
    'CONTROL: work to be done once that waits or is being done; its end moves it to one_shot_ends';

create table selfupgrade.one_shot_ends (
    id          uuid primary key,
    agent       text not null,
    handler     text not null,
    due         timestamptz not null,
    attempt     integer not null check (attempt > 0),
    failures    integer not null,
    state       text not null check (state in ('SUCCEEDED', 'FAILED')),
    quarantined boolean not null,
    holder      uuid not null,
    epoch       bigint not null,
    started_at  timestamptz not null,
    finished_at timestamptz not null default clock_timestamp(),
    error       text not null,
    payload     jsonb
);
create index one_shot_ends_newest on selfupgrade.one_shot_ends (agent, handler, finished_at);
create index one_shot_ends_quarantined on selfupgrade.one_shot_ends (agent, finished_at) where quarantined;
create index one_shot_ends_by_age on selfupgrade.one_shot_ends using brin (finished_at) with (autosummarize = on);
comment on table selfupgrade.one_shot_ends is
    'LEDGER: how work to be done once has ended; the payload of what failed only';

create table selfupgrade.one_shot_keys (
    agent    text not null,
    key      text not null,
    id       uuid not null,
    filed_at timestamptz not null default clock_timestamp(),
    primary key (agent, key)
);
create index one_shot_keys_by_age on selfupgrade.one_shot_keys using brin (filed_at) with (autosummarize = on);
comment on table selfupgrade.one_shot_keys is
    'LEDGER: keys by which work was submitted once, kept as long as the ledger of runs';

select selfupgrade.secure_tables();

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

-- Deletes what one agent keeps of work that was done long enough ago, at most so many rows of each table; returns how many.
create function selfupgrade.clean_one_shots(for_agent text, most integer) returns jsonb
    language sql set search_path = pg_catalog as $$
    with c as materialized (
        select selfupgrade.kept_from(for_agent, 'TASK_RUNS', 30) as runs),
    ends as (
        delete from selfupgrade.one_shot_ends t using (
            select e.id from selfupgrade.one_shot_ends e, c
             where e.agent = for_agent and e.finished_at < c.runs
             order by e.finished_at limit most) old where t.id = old.id returning 1),
    keys as (
        delete from selfupgrade.one_shot_keys t using (
            select k.key from selfupgrade.one_shot_keys k, c
             where k.agent = for_agent and k.filed_at < c.runs
               and not exists (select from selfupgrade.one_shots s where s.id = k.id)
               and not exists (select from selfupgrade.one_shot_ends e where e.id = k.id)
             order by k.filed_at limit most) old where t.agent = for_agent and t.key = old.key returning 1)
    select jsonb_build_object(
        'one-shots', (select count(*) from ends), 'one-shot keys', (select count(*) from keys))
$$;

-- As before, and the ends of one-shots.
create or replace function selfupgrade.run_log_cleanup(most integer default 20000) returns text
    language plpgsql set search_path = pg_catalog as $$
declare
    one text;
    gone jsonb := jsonb '{}';
begin
    if not pg_try_advisory_xact_lock(hashtextextended('selfupgrade.log-cleanup', 0)) then
        return 'another run is under way';
    end if;
    for one in select s.name from selfupgrade.agent_state s order by s.name loop
        select coalesce(jsonb_object_agg(g.key, g.value::bigint + coalesce((gone ->> g.key)::bigint, 0)), '{}') into gone
          from jsonb_each_text(selfupgrade.clean_agent(one, most) || selfupgrade.clean_one_shots(one, most)) g;
    end loop;
    gone := gone || jsonb_build_object('cron runs', selfupgrade.clean_cron_runs(most),
                                       'unanswered', selfupgrade.clean_unanswered(most));
    select coalesce(jsonb_object_agg(g.key, g.value), '{}') into gone from jsonb_each(gone) g where g.value <> '0';
    return selfupgrade.note_job('log-cleanup', 'deleted ' || gone::text);
end
$$;

select selfupgrade.secure_tables();

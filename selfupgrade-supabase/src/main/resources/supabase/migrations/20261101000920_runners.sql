-- Tasks that the database runs itself: pg_cron is their alarm, the ledger is the same as that of the agents.
--
-- pg_cron tells no due instant and starts nothing that it missed, so it only rings. What is due is decided by task_state,
-- as for agents. A run is one transaction: what its handler did, the end in the ledger and the next tick are committed
-- together or not at all, and whoever took the tick in the meantime has it.
--
-- pg_cron runs these with the rights of the schema's owner. So the code is the owner's alone: an agent says which registered
-- handler, when, and with what payload, and no text of an agent is ever part of a statement.

insert into selfupgrade.schema_history (version, name)
values ('20261101000920', '20261101000920_runners.sql') on conflict do nothing;

-- A task of the database is not enabled: no agent claims it, the version before this one included.
alter table selfupgrade.scheduled_tasks
    add column runner text not null default 'AGENT' check (runner in ('AGENT', 'DATABASE'));

create table selfupgrade.task_handlers (
    handler       text primary key check (handler ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$'),
    code          text not null,
    registered_at timestamptz not null default clock_timestamp()
);
comment on table selfupgrade.task_handlers is
    'CONTROL: functions that tasks of the database run, by the names that tasks call them; the owner''s alone';

-- ---------------------------------------------------------------------------------------------- handlers

-- Returns what keeps the current user from running a function for whoever asks; null if nothing does. What is not its own
-- has to bring its owner's rights along, or somebody else could have it do anything.
create function selfupgrade.handler_problem(its_code text) returns text
    language sql stable set search_path = pg_catalog, pg_temp as $$
    select case
               when p.oid is null then format('there is no function %s', its_code)
               when p.prokind <> 'f' or p.proretset or p.pronargs <> 1 or p.proargtypes[0] <> 'jsonb'::regtype
                   then format('%s is not usable: expected a function of one jsonb that returns no set', its_code)
               when not p.prosecdef and p.proowner <> current_user::regrole
                   then format('%s belongs to %s: expected a function of %s, who runs it, or one that is security definer',
                               its_code, p.proowner::regrole, current_user)
           end
      from (select) one left join pg_proc p on p.oid = to_regprocedure(its_code)
$$;

create function selfupgrade.register_handler(its_handler text, its_code regprocedure) returns void
    language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    problem text := selfupgrade.handler_problem(its_code::text);
begin
    if problem is not null then
        raise exception 'handler %: %', its_handler, problem using errcode = 'invalid_parameter_value';
    end if;
    insert into selfupgrade.task_handlers (handler, code) values (its_handler, its_code::text)
    on conflict (handler) do update set code = excluded.code, registered_at = clock_timestamp();
end
$$;
comment on function selfupgrade.register_handler is
    'lets tasks of the database run a function of one jsonb, with the rights of who calls this; agents choose the payload';

create function selfupgrade.unregister_handler(its_handler text) returns boolean
    language sql set search_path = pg_catalog, pg_temp as $$
    with gone as (delete from selfupgrade.task_handlers h where h.handler = its_handler returning 1)
    select exists (select from gone)
$$;
comment on function selfupgrade.unregister_handler is 'takes that back; runs of tasks that name it fail from then on';

-- ---------------------------------------------------------------------------------------------- ticks

-- The numbers of one field of a cron expression.
create function selfupgrade.cron_numbers(field text, lowest integer, highest integer) returns integer[]
    language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
    part text;
    m text[];
    numbers integer[] := array[]::integer[];
    low integer;
    high integer;
begin
    foreach part in array string_to_array(field, ',') loop
        m := regexp_match(part, '^(?:\*|([0-9]{1,2})(?:-([0-9]{1,2}))?)(?:/([1-9][0-9]?))?$');
        low := coalesce(m[1]::integer, lowest);
        high := coalesce(m[2]::integer, m[1]::integer, highest);
        if m is null or low < lowest or high > highest or low > high or (m[1] is not null and m[2] is null and m[3] is not null) then
            raise exception 'cron field "%": expected numbers from % to %, as *, 1-5, 1,2 or */5', left(field, 100), lowest, highest
                using errcode = 'invalid_parameter_value';
        end if;
        numbers := numbers || array(select generate_series(low, high, coalesce(m[3]::integer, 1)));
    end loop;
    return numbers;
end
$$;

-- The minutes after the one instant and until the other that match five fields in UTC. Days are joined as cron(8) does.
create function selfupgrade.cron_between(expression text, after timestamptz, until timestamptz) returns setof timestamptz
    language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
    f constant text[] := regexp_split_to_array(btrim(left(expression, 300), E' \t'), '[ \t]+');
    either_day boolean;
    minutes integer[];
    days integer[];
    months integer[];
    weekdays integer[];
begin
    if cardinality(f) <> 5 then
        raise exception 'cron expression "%": expected five fields, minute hour day-of-month month day-of-week', left(expression, 100)
            using errcode = 'invalid_parameter_value';
    end if;
    either_day := f[3] not like '*%' and f[5] not like '*%';
    minutes := array(select distinct h * 60 + m from unnest(selfupgrade.cron_numbers(f[2], 0, 23)) h,
                            unnest(selfupgrade.cron_numbers(f[1], 0, 59)) m order by 1);
    days := selfupgrade.cron_numbers(f[3], 1, 31);
    months := selfupgrade.cron_numbers(f[4], 1, 12);
    weekdays := selfupgrade.cron_numbers(f[5], 0, 7);
    return query
        select t.tick
          from generate_series((after at time zone 'UTC')::date::timestamp, until at time zone 'UTC', interval '1 day') d(day),
               lateral (select extract(day from d.day)::integer = any (days) as by_month,
                               extract(dow from d.day)::integer = any (weekdays)
                               or extract(isodow from d.day)::integer = any (weekdays) as by_week) b,
               unnest(minutes) m,
               lateral (select (d.day + m * interval '1 minute') at time zone 'UTC' as tick) t
         where extract(month from d.day)::integer = any (months)
           and ((b.by_month and b.by_week) or (either_day and (b.by_month or b.by_week)))
           and t.tick > after and t.tick <= until;
end
$$;

-- The first of them after an instant; null if none comes.
create function selfupgrade.cron_next(expression text, after timestamptz) returns timestamptz
    language sql immutable set search_path = pg_catalog, pg_temp as $$
    -- The last span is longer than the 40 years between two 29 February on one day of the week, across 2100.
    select coalesce(
        (select min(t) from selfupgrade.cron_between(expression, after, after + interval '1 day') t),
        (select min(t) from selfupgrade.cron_between(expression, after, after + interval '400 days') t),
        (select min(t) from selfupgrade.cron_between(expression, after, after + interval '41 years') t))
$$;

-- The first tick of a task after an instant; null if there is none to come.
create function selfupgrade.next_tick(t selfupgrade.scheduled_tasks, after timestamptz) returns timestamptz
    language sql stable set search_path = pg_catalog, pg_temp as $$
    select case t.schedule
               when 'CRON' then selfupgrade.cron_next(t.cron_expression, after)
               when 'EVERY' then t.anchor + (floor(extract(epoch from after - t.anchor) * 1000000 / t.period_micros) + 1)
                                            ::bigint * t.period_micros * interval '1 microsecond'
               when 'AT' then case when t.due_at > after then t.due_at end
           end
$$;

-- Of the ticks of a task from one that is due until an instant, the oldest of the newest so many, and how many are before it.
-- The one that is due may be beside the schedule: somebody asked for it.
create function selfupgrade.due_tick(
    t selfupgrade.scheduled_tasks, due timestamptz, until timestamptz, keep integer,
    out tick timestamptz, out passed integer)
    language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    next timestamptz;
begin
    if t.schedule = 'EVERY' then
        next := selfupgrade.next_tick(t, due);
        passed := case when next <= until
                       then greatest(0, floor(extract(epoch from until - next) * 1000000 / t.period_micros) + 2 - keep)
                       else 0 end;
        tick := case when passed = 0 then due
                     else next + (passed - 1)::bigint * t.period_micros * interval '1 microsecond' end;
    elsif t.schedule = 'CRON' then
        select min(k.tick), max(k.number) - count(*) into tick, passed
          from (select a.tick, count(*) over () as number
                  from (select due as tick union all
                        select selfupgrade.cron_between(t.cron_expression, due, until)) a
                 order by a.tick desc limit keep) k;
    else
        tick := due;
        passed := 0;
    end if;
end
$$;

-- ---------------------------------------------------------------------------------------------- runs

-- Whether whoever claimed a run is gone: the same silence after which the primary reclaims, and some more.
create function selfupgrade.is_lost(its_holder uuid) returns boolean
    language sql stable set search_path = pg_catalog, pg_temp as $$
    select not exists (select from selfupgrade.instances i
                        where i.id = its_holder and i.stopped_at is null
                          and i.heartbeat_at > clock_timestamp() - interval '30 seconds')
$$;

-- What a run calls its handler with. Whatever its handler has deferred is checked now, and is its own failure.
create function selfupgrade.call_handler(t selfupgrade.scheduled_tasks, r selfupgrade.task_runs) returns void
    language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    its_code text := (select h.code from selfupgrade.task_handlers h where h.handler = t.task_type);
    problem text := selfupgrade.handler_problem(its_code);
begin
    set constraints all deferred; -- The tick before has had them checked at once.
    if its_code is null then
        raise exception 'no handler % is registered: expected one, by selfupgrade.register_handler', t.task_type;
    end if;
    if problem is not null then
        raise exception 'handler %: %', t.task_type, problem;
    end if;
    execute format('select %s($1)', to_regprocedure(its_code)::regproc)
      using jsonb_build_object('agent', t.agent, 'task', t.name, 'due', r.due, 'attempt', r.attempt,
                               'key', r.id, 'payload', t.payload);
    set constraints all immediate;
end
$$;

-- Runs one tick, and says in its row how that ended. What a handler that failed has written is undone.
create function selfupgrade.run_tick(t selfupgrade.scheduled_tasks, inout r selfupgrade.task_runs)
    language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    r.started_at := clock_timestamp();
    r.error := '';
    r.ready_at := null;
    begin
        perform selfupgrade.call_handler(t, r);
        r.state := 'SUCCEEDED';
    exception when query_canceled or assert_failure or others then
        r.error := left(sqlerrm || ' (SQLSTATE ' || sqlstate || ')', 8000);
        if r.failures + 1 < t.retry_failures then
            r.state := 'WAITING';
            r.failures := r.failures + 1;
            r.ready_at := clock_timestamp() + interval '1 microsecond' * least(
                t.retry_longest_micros, t.retry_first_micros * 2.0 ^ least(r.failures - 1, 60));
        else
            r.state := 'FAILED';
            r.quarantined := t.retry_failures > 1;
        end if;
    end;
    r.finished_at := case when r.state <> 'WAITING' then clock_timestamp() end;
end
$$;

-- What is to be done next with a task whose ticks are known to be at one: a row of the ledger that is tried again, a tick to
-- run, a tick to skip, or nothing. A tick that was due before the last two rings was missed; the rest is as agents do it.
create function selfupgrade.next_step(
    t selfupgrade.scheduled_tasks, due timestamptz, now timestamptz, busy boolean, mine uuid[],
    out r selfupgrade.task_runs)
    language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
    missed_before constant timestamptz := now - interval '2 minutes';
    queues constant boolean := t.overlap = 'QUEUE';
    tick timestamptz := due;
    passed integer := 0;
begin
    if not busy then
        select o.* into r from selfupgrade.task_runs o
         where o.task_id = t.id and o.id <> all (mine)
           and (o.state = 'WAITING' and (o.ready_at is null or o.ready_at <= now)
                or o.state = 'RUNNING' and selfupgrade.is_lost(o.holder))
         order by o.due limit 1;
        if r.id is not null then
            return;
        end if;
    end if;
    if due is null or due > now
       or queues and (busy or exists (select from selfupgrade.task_runs o
                                       where o.task_id = t.id and o.state = 'WAITING' and o.id <> all (mine))) then
        return; -- Where ticks queue, one that waits holds the later ones back.
    end if;
    if t.missed = 'RUN_ALL' then
        select d.tick, d.passed into tick, passed from selfupgrade.due_tick(t, due, now, t.missed_most) d;
    elsif not queues then
        select d.tick, d.passed into tick, passed from selfupgrade.due_tick(t, due, now, 1) d;
    elsif due < missed_before then
        select d.tick, d.passed into tick, passed from selfupgrade.due_tick(t, due, missed_before, 1) d;
    end if;
    if busy or (tick < missed_before
                and (t.missed = 'SKIP'
                     or t.missed = 'WITHIN' and now - tick > t.missed_micros * interval '1 microsecond')) then
        r.state := 'SKIPPED';
    end if;
    r.due := tick;
    r.passed_over := passed;
    -- The same for every attempt at this tick, and for one that was undone.
    r.id := md5(t.id || ' ' || (extract(epoch from r.due) * 1000000)::bigint)::uuid;
    r.agent := t.agent;
    r.task_id := t.id;
    r.task := t.name;
    r.attempt := 0;
    r.failures := 0;
    r.quarantined := false;
end
$$;

-- Does what is due of one task; what pg_cron calls. Nothing is written before the handlers have ended, so that nobody waits
-- for them: an agent to which the task is moved meanwhile claims its tick, and this run is undone with all that it did.
create function selfupgrade.run_due(its_task uuid) returns text
    language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    until constant timestamptz := clock_timestamp() + interval '20 seconds';
    most constant integer := 100;
    now timestamptz := clock_timestamp();
    t selfupgrade.scheduled_tasks;
    expected timestamptz;
    next timestamptz;
    busy boolean;
    r selfupgrade.task_runs;
    runs selfupgrade.task_runs[] := array[]::selfupgrade.task_runs[];
    mine uuid[] := array[]::uuid[];
begin
    if not pg_try_advisory_xact_lock(hashtextextended('selfupgrade.task.' || its_task, 0)) then
        return 'another run is under way';
    end if;
    select s.* into t from selfupgrade.scheduled_tasks s
     where s.id = its_task and s.runner = 'DATABASE' and not s.paused;
    if not found then
        perform selfupgrade.set_alarm(its_task);
        return 'not run: the database does not run it, or it is paused';
    end if;
    select s.next_run into expected from selfupgrade.task_state s where s.task = its_task;
    next := expected;
    busy := exists (select from selfupgrade.task_runs o where o.task_id = its_task and o.state = 'RUNNING'
                       and not selfupgrade.is_lost(o.holder));
    loop
        r := selfupgrade.next_step(t, next, now, busy, mine);
        exit when r.due is null;
        if r.attempt = 0 then
            next := selfupgrade.next_tick(t, r.due);
            continue when exists (select from selfupgrade.task_runs o where o.task_id = its_task and o.due = r.due);
        end if;
        r.attempt := r.attempt + 1;
        r.holder := '00000000-0000-0000-0000-000000000000';
        r.epoch := 1;
        if r.state = 'SKIPPED' then
            r.error := '';
            r.started_at := clock_timestamp();
            r.finished_at := r.started_at;
        else
            r := selfupgrade.run_tick(t, r);
            now := clock_timestamp();
            busy := t.overlap <> 'QUEUE'; -- What fell due meanwhile met a run.
        end if;
        runs := runs || r;
        mine := mine || r.id;
        exit when r.state = 'WAITING' or clock_timestamp() > until or cardinality(runs) >= most;
    end loop;
    perform selfupgrade.record_runs(its_task, expected, next, runs);
    begin
        perform selfupgrade.set_alarm(its_task);
    exception when others then
        raise warning 'the alarm of task % could not be set: %', its_task, sqlerrm;
    end;
    return coalesce((select string_agg(e.state || ' ' || e.n, ', ') from (
                         select u.state, count(*) as n from unnest(runs) u group by 1 order by 1) e), 'nothing is due');
end
$$;
comment on function selfupgrade.run_due is 'runs the due ticks of a task of the database; what pg_cron calls';

-- Moves a task on and writes its runs, if nobody else has done so since they were begun.
create function selfupgrade.record_runs(
    its_task uuid, expected timestamptz, next timestamptz, runs selfupgrade.task_runs[]) returns void
    language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    r selfupgrade.task_runs;
    taken boolean := false;
begin
    if next is distinct from expected then
        update selfupgrade.task_state s
           set next_run = next,
               last_run = coalesce((select max(u.due) from unnest(runs) u where u.attempt = 1), s.last_run)
         where s.task = its_task and s.next_run = expected;
        taken := not found;
    end if;
    foreach r in array runs loop
        exit when taken;
        if r.attempt = 1 then
            insert into selfupgrade.task_runs
                   (id, agent, task_id, task, due, attempt, state, holder, epoch, passed_over, started_at, finished_at, error,
                    failures, quarantined, ready_at)
            values (r.id, r.agent, r.task_id, r.task, r.due, r.attempt, r.state, r.holder, r.epoch, r.passed_over,
                    r.started_at, r.finished_at, r.error, r.failures, r.quarantined, r.ready_at)
            on conflict (task_id, due) do nothing;
        else
            update selfupgrade.task_runs o
               set (attempt, state, holder, epoch, started_at, finished_at, error, failures, quarantined, ready_at)
                 = (r.attempt, r.state, r.holder, r.epoch, r.started_at, r.finished_at, r.error, r.failures, r.quarantined,
                    r.ready_at)
             where o.id = r.id and o.attempt = r.attempt - 1 and o.state in ('WAITING', 'RUNNING');
        end if;
        taken := not found;
    end loop;
    if taken then
        raise exception 'a tick of task % was taken by somebody else: what this run did is undone', its_task
            using errcode = 'serialization_failure';
    end if;
end
$$;

-- ---------------------------------------------------------------------------------------------- alarms

-- The zone in which pg_cron reads its fields; the one that it has by itself where it does not say.
create function selfupgrade.cron_zone() returns text
    language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
    return coalesce(nullif(current_setting('cron.timezone', true), ''), 'GMT');
exception when insufficient_privilege then
    return 'GMT';
end
$$;

-- Refuses a task that the database cannot run as it says, with what to do.
create function selfupgrade.require_runnable(its_task uuid) returns void
    language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    t selfupgrade.scheduled_tasks := (select s from selfupgrade.scheduled_tasks s where s.id = its_task);
    its_code text := (select h.code from selfupgrade.task_handlers h where h.handler = t.task_type);
    problem text;
begin
    problem := case
        when selfupgrade.cron_zone() not in ('GMT', 'UTC', 'Etc/UTC', 'Etc/GMT')
            then format('cron.timezone is %s: expected GMT', selfupgrade.cron_zone())
        when t.schedule = 'CRON' and t.time_zone not in ('UTC', 'Z', 'GMT', 'Etc/UTC', 'Etc/GMT')
            then format('zone %s: pg_cron counts in UTC, expected that', t.time_zone)
        when t.schedule = 'CRON' and selfupgrade.cron_next(t.cron_expression, clock_timestamp()) is null
            then format('cron expression "%s" is never due', t.cron_expression)
        when t.period_micros % 60000000 <> 0 then 'period: pg_cron rings at whole minutes, expected some of them'
        when t.deadline_micros is not null then 'deadline: pg_cron cannot end a run, expected none'
        when t.jitter_micros > 0 then 'jitter: pg_cron rings at whole minutes, expected none'
        when t.overlap = 'ALLOW' then 'overlap ALLOW: pg_cron runs one at a time, expected SKIP or QUEUE'
        when t.scope = 'ALL' then 'scope ALL: no instance runs it, expected PRIMARY'
        when its_code is null
            then format('no handler %s is registered in this database: its owner does it by'
                        ' select selfupgrade.register_handler(%L, ''schema.function(jsonb)'')', t.task_type, t.task_type)
        else selfupgrade.handler_problem(its_code)
    end;
    if problem is not null then
        raise exception 'the database cannot run task %: %; or let agents run it, by Runner.AGENT', t.name, problem
            using errcode = 'invalid_parameter_value';
    end if;
end
$$;

-- When pg_cron is to ring for a task: at its own times, and each minute while something waits that is not to come by them.
create function selfupgrade.alarm_time(t selfupgrade.scheduled_tasks, late interval) returns text
    language sql stable set search_path = pg_catalog, pg_temp as $$
    select case
               when s.next_run <= clock_timestamp() - late
                    or exists (select from selfupgrade.task_runs r
                                where r.task_id = t.id
                                  and (r.state = 'WAITING' or r.state = 'RUNNING' and selfupgrade.is_lost(r.holder)))
                   then '* * * * *'
               when t.schedule = 'CRON' then regexp_replace(btrim(t.cron_expression, E' \t'), '[ \t]+', ' ', 'g')
               else to_char(date_trunc('minute', s.next_run at time zone 'UTC' + interval '59.999999 seconds'),
                            'FMMI FMHH24 FMDD FMMM') || ' *'
           end
      from selfupgrade.task_state s where s.task = t.id
$$;

-- Makes pg_cron's job of a task what its rows say, whoever has written them; plans the first tick of a new one. With the
-- rights of the owner, because an agent's login has none on pg_cron: the job's command is the same for all tasks.
create function selfupgrade.set_alarm(its_task uuid, late interval default interval '0') returns boolean
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    most constant integer := 100;
    its_name constant text := 'selfupgrade-task-' || its_task;
    t selfupgrade.scheduled_tasks;
    wanted text;
    known bigint;
    known_schedule text;
    known_active boolean;
begin
    select s.* into t from selfupgrade.scheduled_tasks s where s.id = its_task and s.runner = 'DATABASE';
    -- Of the extension: somebody else may have made a schema of that name.
    if to_regclass('cron.job') is null or not exists (select from pg_extension e where e.extname = 'pg_cron') then
        if t.id is not null then
            raise exception 'no pg_cron in database %: expected it for a task that the database runs; its owner does'
                            ' "create extension pg_cron", or let agents run it, by Runner.AGENT', current_database()
                using errcode = 'object_not_in_prerequisite_state';
        end if;
        return false;
    end if;
    if t.id is not null then
        perform selfupgrade.plan_task(t);
        wanted := selfupgrade.alarm_time(t, late);
    end if;
    execute format('select j.jobid, j.schedule, j.active from %I.job j
                     where j.jobname = $1 and j.database = current_database()', 'cron')
       into known, known_schedule, known_active using its_name;
    if wanted is null then
        if known is not null then
            execute format('select %I.unschedule($1)', 'cron') using known;
        end if;
    else
        if known is null and selfupgrade.alarms() > most then
            raise exception 'the database runs % tasks already: expected at most that many; let agents run others', most
                using errcode = 'configuration_limit_exceeded';
        end if;
        if known_schedule is distinct from wanted then
            execute format('select %I.schedule($1, $2, $3)', 'cron')
               into known using its_name, wanted, format('select selfupgrade.run_due(%L)', its_task);
        end if;
        if coalesce(known_active, true) = t.paused then
            execute format('select %I.alter_job($1, active := $2)', 'cron') using known, not t.paused;
        end if;
    end if;
    perform selfupgrade.keep_sweep();
    return known_schedule is distinct from wanted;
end
$$;
comment on function selfupgrade.set_alarm is 'brings pg_cron''s job of a task in step with its rows';

create function selfupgrade.plan_task(t selfupgrade.scheduled_tasks) returns void
    language sql set search_path = pg_catalog, pg_temp as $$
    update selfupgrade.task_state s
       set planned = true, next_run = f.due
      from (select case when t.schedule = 'AT' then t.due_at else selfupgrade.next_tick(t, t.anchor) end as due) f
     where s.task = t.id and not s.planned and f.due is not null
       and not exists (select from selfupgrade.task_runs r where r.task_id = t.id and r.due = f.due and t.schedule = 'AT')
$$;

create function selfupgrade.alarms() returns bigint
    language sql stable set search_path = pg_catalog, pg_temp as $$
    select count(*) from selfupgrade.scheduled_tasks t where t.runner = 'DATABASE'
$$;

-- One job looks each minute whether alarms have been missed, as by a server that was down, or are not in step.
create function selfupgrade.keep_sweep() returns void
    language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    its_name constant text := 'selfupgrade-tasks';
    known bigint;
begin
    execute format('select j.jobid from %I.job j where j.jobname = $1 and j.database = current_database()', 'cron')
       into known using its_name;
    if known is null and selfupgrade.alarms() > 0 then
        execute format('select %I.schedule($1, $2, $3)', 'cron')
          using its_name, '* * * * *', 'select selfupgrade.keep_alarms()';
    elsif known is not null and selfupgrade.alarms() = 0 then
        execute format('select %I.unschedule($1)', 'cron') using known;
    end if;
end
$$;

-- Brings the alarms of an agent in step, or all, with jobs whose task is gone. What cannot be is told and changes nothing.
create function selfupgrade.keep_alarms(for_agent text default null) returns text
    language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    tasks uuid[] := array(select t.id from selfupgrade.scheduled_tasks t
                           where t.runner = 'DATABASE' and (for_agent is null or t.agent = for_agent));
    orphans uuid[] := array[]::uuid[];
    one uuid;
    changed integer := 0;
begin
    if for_agent is null and to_regclass('cron.job') is not null then
        execute format('select array(select substring(j.jobname from 18)::uuid from %I.job j
                                      where j.jobname ~ $1 and j.database = current_database())', 'cron')
           into orphans using '^selfupgrade-task-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
    end if;
    for one in select distinct u.id from unnest(tasks || orphans) u(id) loop
        begin
            changed := changed + selfupgrade.set_alarm(one, interval '90 seconds')::integer;
        exception when others then
            raise warning 'the alarm of task % could not be set: %', one, sqlerrm;
        end;
    end loop;
    return changed || ' alarms changed';
end
$$;
comment on function selfupgrade.keep_alarms is 'brings alarms in step, and rings each minute for what was missed';

-- ---------------------------------------------------------------------------------------------- rights

-- As before, and what tasks of the database run is not for an agent to say.
create or replace function selfupgrade.secure_tables() returns void
    language plpgsql set search_path = pg_catalog as $$
declare
    one record;
    code record;
    other text;
    known boolean := exists (select from pg_roles where rolname = 'selfupgrade_agent');
begin
    for one in select c.relname as name, c.relrowsecurity as protected,
                      exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'agents') as open_to_agents
                 from pg_class c
                where c.relnamespace = 'selfupgrade'::regnamespace and c.relkind in ('r', 'p') loop
        if not one.protected then
            execute format('alter table selfupgrade.%I enable row level security', one.name);
        end if;
        execute format('revoke all on selfupgrade.%I from public', one.name);
        if known then
            execute format('grant select, insert, update, delete on selfupgrade.%I to selfupgrade_agent', one.name);
            if not one.open_to_agents then
                execute format('create policy agents on selfupgrade.%I to selfupgrade_agent using (true) with check (true)',
                               one.name);
            end if;
        end if;
    end loop;
    for code in select p.oid::regprocedure::text as signature, p.prorettype = 'trigger'::regtype as fires
                  from pg_proc p
                 where p.pronamespace = 'selfupgrade'::regnamespace and p.proname <> 'secure_tables' loop
        execute format('revoke all on function %s from public', code.signature);
        if known and not code.fires then
            execute format('grant execute on function %s to selfupgrade_agent', code.signature);
        end if;
    end loop;
    -- The roles of Supabase's Data API: nothing, whatever the defaults of the database are.
    for other in select r.rolname from pg_roles r where r.rolname in ('anon', 'authenticated') loop
        execute format('revoke all on all tables in schema selfupgrade from %I', other);
        execute format('revoke all on all functions in schema selfupgrade from %I', other);
        execute format('revoke all on all sequences in schema selfupgrade from %I', other);
        execute format('revoke all on schema selfupgrade from %I', other);
    end loop;
    if known then
        grant usage on schema selfupgrade to selfupgrade_agent;
        grant select on selfupgrade.task_overview to selfupgrade_agent;
        revoke insert, update, delete on selfupgrade.schema_history from selfupgrade_agent;
    end if;
    -- Whom the database calls, and which secrets of its owner it sends there, is for the owner to say and not for an agent.
    if known and to_regclass('selfupgrade.watches') is not null then
        revoke insert, update, delete on selfupgrade.watches from selfupgrade_agent;
        grant insert (agent, notifiers, retention), update (notifiers, retention) on selfupgrade.watches
            to selfupgrade_agent;
        revoke execute on function selfupgrade.set_watch from selfupgrade_agent;
    end if;
    -- So is what the database runs with the rights of its owner.
    if known and to_regclass('selfupgrade.task_handlers') is not null then
        revoke insert, update, delete on selfupgrade.task_handlers from selfupgrade_agent;
        revoke execute on function selfupgrade.register_handler, selfupgrade.unregister_handler, selfupgrade.call_handler,
            selfupgrade.run_tick, selfupgrade.run_due from selfupgrade_agent;
    end if;
end
$$;
select selfupgrade.secure_tables();

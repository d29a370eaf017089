-- Control of agents from beside them: by Edge Functions, by pg_cron, by a person at the SQL prompt.
--
-- Nothing here acts on an agent. Each function leaves a row, which the primary takes and carries out by the same way as
-- ever, and wakes it. Locks are taken in the order of all writes: leadership, upgrades, the rest; none of these functions
-- locks leadership or upgrades at all.

insert into selfupgrade.schema_history (version, name)
values ('20261101000800', '20261101000800_control.sql') on conflict do nothing;

-- Foreign keys that no index served until now; most rows of these tables are answered or made by an upgrade.
create index upgrade_requests_of on selfupgrade.upgrade_requests (upgrade) where upgrade is not null;
create index rollback_requests_of on selfupgrade.rollback_requests (upgrade) where upgrade is not null;
create index snapshots_of on selfupgrade.snapshots (upgrade) where upgrade is not null;
create index upgrade_requests_of_nobody on selfupgrade.upgrade_requests (created_at)
    where upgrade is null and trigger = 'WEBHOOK';

-- ---------------------------------------------------------------------------------------------- tables

-- Whether the database may call an address: what is sent there may hold a secret.
create function selfupgrade.may_be_called(address text) returns boolean
    language sql immutable set search_path = pg_catalog as $$
    select address ~ '^(https://[!-~]+|http://(localhost|127[.]0[.]0[.]1|\[::1\])(:[0-9]{1,5})?(/[!-~]*)?)$'
       and length(address) <= 500
$$;
comment on function selfupgrade.may_be_called is 'tells whether an address has https, or is on this host';

create table selfupgrade.outages (
    id           uuid primary key default gen_random_uuid(),
    agent        text not null,
    holder       uuid not null,
    epoch        bigint not null,
    heartbeat_at timestamptz not null,
    noticed_at   timestamptz not null default clock_timestamp(),
    ended_at     timestamptz
);
create unique index outages_one_open on selfupgrade.outages (agent) where ended_at is null;
create index outages_newest on selfupgrade.outages (agent, noticed_at desc);
comment on table selfupgrade.outages is
    'LEDGER: times in which an agent had no primary, each noticed and told once';

create table selfupgrade.alarms (
    agent      text not null,
    outage     uuid not null references selfupgrade.outages,
    ending     boolean not null,
    filed_at   timestamptz not null default clock_timestamp(),
    due_at     timestamptz not null default clock_timestamp(),
    attempts   integer not null default 0,
    call       bigint,
    settled_at timestamptz,
    note       text not null default '' check (length(note) <= 500),
    primary key (outage, ending)
) with (fillfactor = 80);
create index alarms_open on selfupgrade.alarms (filed_at) where settled_at is null;
comment on table selfupgrade.alarms is
    'LEDGER: what the database itself tells people by pg_net, once at the beginning of an outage and once at its end';

create table selfupgrade.commands (
    id            uuid primary key default gen_random_uuid(),
    seq           bigint generated always as identity,
    agent         text not null,
    kind          text not null check (kind in ('RESTART', 'DEPLOY')),
    detail        jsonb not null default '{}'
        check (jsonb_typeof(detail) = 'object' and octet_length(detail::text) <= 1000),
    after_request uuid references selfupgrade.upgrade_requests,
    outage        uuid references selfupgrade.outages,
    filed_at      timestamptz not null default clock_timestamp(),
    expires_at    timestamptz not null default clock_timestamp() + interval '1 hour',
    state         text not null default 'WAITING'
        check (state in ('WAITING', 'TAKEN', 'DONE', 'REFUSED', 'FAILED', 'EXPIRED', 'WITHDRAWN')),
    attempts      integer not null default 0,
    taken_by      uuid,
    epoch         bigint not null default 0,
    held_until    timestamptz,
    settled_at    timestamptz,
    note          text not null default '' check (length(note) <= 500),
    constraint command_is_settled check ((state in ('WAITING', 'TAKEN')) = (settled_at is null))
) with (fillfactor = 80);
create index commands_open on selfupgrade.commands (agent, seq) where state in ('WAITING', 'TAKEN');
create index commands_newest on selfupgrade.commands (agent, seq desc);
create index commands_after on selfupgrade.commands (after_request) where after_request is not null;
create index commands_of_outage on selfupgrade.commands (outage) where outage is not null;
comment on table selfupgrade.commands is
    'LEDGER: what an agent is told to do from beside it, each carried out by its primary and settled once';

create table selfupgrade.control_keys (
    agent    text not null,
    key      text not null check (key ~ '^[!-~]{1,100}$'),
    wish     text not null,
    request  uuid references selfupgrade.upgrade_requests,
    command  uuid references selfupgrade.commands,
    filed_at timestamptz not null default clock_timestamp(),
    primary key (agent, key)
);
create index control_keys_of_request on selfupgrade.control_keys (request) where request is not null;
create index control_keys_of_command on selfupgrade.control_keys (command) where command is not null;
create index control_keys_by_age on selfupgrade.control_keys (filed_at);
comment on table selfupgrade.control_keys is
    'LEDGER: keys of wishes, kept for 7 days: a wish that comes again under its key is the same one';

create table selfupgrade.watches (
    agent       text primary key,
    notifiers   text[] not null default '{}' check (cardinality(notifiers) <= 20),
    retention   jsonb not null default '{}',
    stale_after interval not null default interval '60 seconds' check (stale_after >= interval '5 seconds'),
    redeploy    boolean not null default false,
    call_url    text check (selfupgrade.may_be_called(call_url)),
    call_secret text check (length(call_secret) between 1 and 200),
    alarm       text check (length(alarm) between 1 and 200)
);
comment on table selfupgrade.watches is
    'CONTROL: how each agent is watched: what its primary declares (notifiers, retention), and what a person has set';
comment on column selfupgrade.watches.call_secret is 'the name of a secret in Vault, which is sent in the header apikey';
comment on column selfupgrade.watches.alarm is
    'the name of a secret in Vault that is the address of an incoming webhook, where outages are told';

create table selfupgrade.jobs (
    job     text primary key check (job in ('agent-health-check', 'auto-upgrade-check', 'log-cleanup')),
    runner  text not null default 'AGENT' check (runner in ('AGENT', 'DATABASE', 'NOBODY')),
    every   interval not null,
    since   timestamptz not null default clock_timestamp(),
    runs    bigint not null default 0,
    ran_at  timestamptz,
    note    text
) with (fillfactor = 50);
comment on table selfupgrade.jobs is
    'CONTROL: who runs each job, pg_cron or the primaries, never both; when it ran last, and what it did';
insert into selfupgrade.jobs (job, every)
values ('agent-health-check', '5 minutes'), ('auto-upgrade-check', '6 hours'), ('log-cleanup', '1 day');

-- ---------------------------------------------------------------------------------------------- health

-- How an agent is. UP: the holder of the lease has a heartbeat of its own that is fresh, and its version is the confirmed
-- one. TRIAL: likewise, but it is the candidate of an open upgrade. WRONG_VERSION: likewise, but neither. DOWN: no fresh
-- heartbeat. UNKNOWN: there is no such agent. A heartbeat is fresh for as long as the agent's watch says, unless it is said
-- here.
create function selfupgrade.agent_health(for_agent text, fresh interval default null)
    returns table (state text, version text, confirmed text, age_micros bigint)
    language sql stable set search_path = pg_catalog as $$
    select case
               when s.name is null then 'UNKNOWN'
               when i.id is null or i.stopped_at is not null
                    or clock_timestamp() - i.heartbeat_at
                       >= coalesce(fresh, (select w.stale_after from selfupgrade.watches w where w.agent = s.name),
                                   interval '60 seconds') then 'DOWN'
               when exists (select from selfupgrade.upgrades u
                             where u.agent = s.name and u.candidate = i.id and u.phase in ('TRIAL', 'HANDED_OVER')) then 'TRIAL'
               when i.version = s.version then 'UP'
               else 'WRONG_VERSION'
           end,
           i.version,
           s.version,
           (extract(epoch from clock_timestamp() - coalesce(i.heartbeat_at, s.health_check)) * 1000000)::bigint
      from (select) one
      left join selfupgrade.agent_state s on s.name = for_agent
      left join selfupgrade.leadership l on l.agent = s.name
      left join selfupgrade.instances i on i.id = l.holder
$$;
comment on function selfupgrade.agent_health is 'tells how an agent is, by the heartbeat of its primary';

-- ---------------------------------------------------------------------------------------------- wishes

create function selfupgrade.require_agent(for_agent text) returns void
    language plpgsql stable set search_path = pg_catalog as $$
begin
    if not exists (select from selfupgrade.agent_state s where s.name = for_agent) then
        raise exception 'no agent % in this database: expected the name of one that has been started once', quote_nullable(for_agent)
            using errcode = 'no_data_found';
    end if;
end
$$;

-- Wishes that nobody answers do not pile up without end, whatever keys they come with; those of one kind leave the other its
-- room. What webhooks ask for has a limit of its own.
create function selfupgrade.require_room(for_agent text, wishes text) returns void
    language plpgsql stable set search_path = pg_catalog as $$
declare
    most constant integer := 100;
    waiting bigint;
begin
    if wishes = 'requests' then
        select count(*) into waiting
          from (select from selfupgrade.upgrade_requests r
                 where r.agent = for_agent and r.upgrade is null and r.trigger <> 'WEBHOOK' limit most) w;
    else
        select count(*) into waiting
          from (select from selfupgrade.commands c
                 where c.agent = for_agent and c.state in ('WAITING', 'TAKEN') limit most) w;
    end if;
    if waiting >= most then
        raise exception '% % wait for % already: expected fewer; try again when its primary has answered them',
                        most, wishes, for_agent
            using errcode = 'configuration_limit_exceeded';
    end if;
end
$$;

-- Takes a key for a wish. Whoever is second waits for the first, and gets what that one filed.
create function selfupgrade.take_key(
    for_agent text, its_key text, its_wish text, out filed boolean, out known_request uuid, out known_command uuid)
    language plpgsql set search_path = pg_catalog as $$
declare
    known_wish text;
begin
    if its_key is null or its_key !~ '^[!-~]{1,100}$' then
        raise exception 'key %: expected 1 to 100 printable ASCII characters', quote_nullable(left(its_key, 120))
            using errcode = 'invalid_parameter_value';
    end if;
    insert into selfupgrade.control_keys (agent, key, wish) values (for_agent, its_key, its_wish)
    on conflict (agent, key) do nothing;
    filed := found;
    if filed then
        return;
    end if;
    select k.wish, k.request, k.command into known_wish, known_request, known_command
      from selfupgrade.control_keys k where k.agent = for_agent and k.key = its_key;
    if known_wish <> its_wish then
        raise exception 'key % was used for another wish, %: expected a new key for %', its_key, known_wish, its_wish
            using errcode = 'invalid_parameter_value';
    end if;
end
$$;

-- Asks for an upgrade, once for a key.
create function selfupgrade.file_request(for_agent text, its_key text)
    returns table (request uuid, filed boolean)
    language plpgsql set search_path = pg_catalog as $$
declare
    taken record;
begin
    perform selfupgrade.require_agent(for_agent);
    select * into taken from selfupgrade.take_key(for_agent, its_key, 'UPGRADE');
    request := taken.known_request;
    filed := taken.filed;
    if filed then
        perform selfupgrade.require_room(for_agent, 'requests');
        insert into selfupgrade.upgrade_requests (agent, trigger) values (for_agent, 'MANUAL') returning id into request;
        update selfupgrade.control_keys k set request = file_request.request where k.agent = for_agent and k.key = its_key;
        perform pg_notify('selfupgrade', for_agent);
    end if;
    return next;
end
$$;
comment on function selfupgrade.file_request is 'asks for an upgrade, once for a key; the primary answers the request';

-- Tells an agent to do something, once for a key. One that waits already for the same is joined, and waits as long as the
-- longer of both would.
create function selfupgrade.file_command(
    for_agent text, its_key text, kind text, detail jsonb default '{}', within interval default interval '1 hour')
    returns table (command uuid, filed boolean)
    language plpgsql set search_path = pg_catalog as $$
declare
    taken record;
    wanted jsonb := coalesce(detail, '{}');
begin
    perform selfupgrade.require_agent(for_agent);
    if kind is null or kind not in ('RESTART', 'DEPLOY') then
        raise exception 'command %: expected RESTART or DEPLOY', quote_nullable(left(kind, 40))
            using errcode = 'invalid_parameter_value';
    end if;
    if jsonb_typeof(wanted) <> 'object' or octet_length(wanted::text) > 1000
       or wanted - (case kind when 'DEPLOY' then array['version'] else array[]::text[] end) <> '{}'
       or coalesce(jsonb_typeof(wanted -> 'version') <> 'string', false)
       or coalesce(wanted ->> 'version' !~ '^[0-9A-Za-z.+_-]{1,100}$', false) then
        raise exception 'detail of % is not one that it takes: expected {} or, for DEPLOY, {"version": "1.2.3"}', kind
            using errcode = 'invalid_parameter_value';
    end if;
    if within is null or within <= interval '0' or within > interval '7 days' then
        raise exception 'time to live %: expected more than nothing, at most 7 days', within
            using errcode = 'invalid_parameter_value';
    end if;
    select * into taken from selfupgrade.take_key(for_agent, its_key, kind || ' ' || wanted::text);
    command := taken.known_command;
    filed := taken.filed;
    if filed then
        update selfupgrade.commands c set expires_at = greatest(c.expires_at, clock_timestamp() + within)
         where c.state = 'WAITING' and c.expires_at > clock_timestamp()
           and c.id = (select w.id from selfupgrade.commands w
                        where w.agent = for_agent and w.state = 'WAITING' and w.kind = file_command.kind
                          and w.detail = wanted and w.after_request is null and w.outage is null
                          and w.expires_at > clock_timestamp()
                        order by w.seq limit 1)
        returning c.id into command;
        filed := not found;
        if filed then
            perform selfupgrade.require_room(for_agent, 'commands');
            insert into selfupgrade.commands (agent, kind, detail, expires_at)
            values (for_agent, file_command.kind, wanted, clock_timestamp() + within) returning id into command;
        end if;
        update selfupgrade.control_keys k set command = file_command.command where k.agent = for_agent and k.key = its_key;
        perform pg_notify('selfupgrade', for_agent);
    end if;
    return next;
end
$$;
comment on function selfupgrade.file_command is
    'tells an agent to restart or to deploy, once for a key; its primary carries it out and settles it';

-- Asks for an upgrade and, after its good end, for a deployment: both rows or none. Neither is the effect itself.
create function selfupgrade.atomic_upgrade_and_deploy(for_agent text, its_key text)
    returns table (request uuid, command uuid, filed boolean)
    language plpgsql set search_path = pg_catalog as $$
declare
    taken record;
begin
    perform selfupgrade.require_agent(for_agent);
    select * into taken from selfupgrade.take_key(for_agent, its_key, 'UPGRADE_AND_DEPLOY');
    request := taken.known_request;
    command := taken.known_command;
    filed := taken.filed;
    if filed then
        perform selfupgrade.require_room(for_agent, 'requests');
        perform selfupgrade.require_room(for_agent, 'commands');
        insert into selfupgrade.upgrade_requests (agent, trigger) values (for_agent, 'MANUAL') returning id into request;
        -- An upgrade may wait three days for a person's approval.
        insert into selfupgrade.commands (agent, kind, after_request, expires_at)
        values (for_agent, 'DEPLOY', atomic_upgrade_and_deploy.request, clock_timestamp() + interval '4 days')
        returning id into command;
        update selfupgrade.control_keys k
           set request = atomic_upgrade_and_deploy.request, command = atomic_upgrade_and_deploy.command
         where k.agent = for_agent and k.key = its_key;
        perform pg_notify('selfupgrade', for_agent);
    end if;
    return next;
end
$$;
comment on function selfupgrade.atomic_upgrade_and_deploy is
    'asks for an upgrade and for a deployment after its good end, in one transaction, once for a key';

-- What a verified delivery leads to, as before, except that it joins the oldest request of a webhook where 100 of them wait.
-- One that joins is not kept, as ever: should it come again once its request is answered, it asks for a look.
create or replace function selfupgrade.accept_delivery(
    for_agent text, its_id text, its_body text, its_subject text, repeat_after interval, most integer, per interval)
    returns table (receipt text, filed uuid, wait_micros bigint)
    language plpgsql set search_path = pg_catalog as $$
declare
    known record;
    room_at timestamptz;
begin
    -- One after the other: what one of them writes is what the next one looks at.
    perform pg_advisory_xact_lock(hashtextextended('selfupgrade.deliveries of ' || for_agent, 0));
    wait_micros := 0;

    select d.request into filed from selfupgrade.deliveries d where d.agent = for_agent and d.delivery = its_id;
    if found then
        receipt := 'KNOWN';
        return next;
        return;
    end if;

    select d.request, d.accepted_at, r.upgrade, u.phase into known
      from selfupgrade.deliveries d
      join selfupgrade.upgrade_requests r on r.id = d.request
      left join selfupgrade.upgrades u on u.id = r.upgrade
     where d.agent = for_agent and d.body_digest = its_body
     order by d.accepted_at desc limit 1;
    if found and (known.upgrade is null
                  or known.phase in ('OPEN', 'STAGED', 'AWAITING_APPROVAL', 'TRIAL', 'HANDED_OVER', 'ROLLING_BACK')
                  or known.accepted_at > clock_timestamp() - repeat_after) then
        receipt := 'JOINED';
        filed := known.request;
        return next;
        return;
    end if;

    select w.oldest into filed
      from (select count(*) as waiting, (array_agg(r.id order by r.seq))[1] as oldest
              from (select q.id, q.seq from selfupgrade.upgrade_requests q
                     where q.agent = for_agent and q.upgrade is null and q.trigger = 'WEBHOOK'
                     order by q.seq limit 100) r) w
     where w.waiting >= 100;
    if found then
        receipt := 'JOINED';
        return next;
        return;
    end if;

    select d.accepted_at + per into room_at from selfupgrade.deliveries d
     where d.agent = for_agent and d.accepted_at > clock_timestamp() - per
     order by d.accepted_at desc offset most - 1 limit 1;
    if found then
        select r.id into filed from selfupgrade.upgrade_requests r
         where r.agent = for_agent and r.upgrade is null order by r.seq limit 1;
        receipt := case when found then 'JOINED' else 'TURNED_AWAY' end;
        wait_micros := greatest(0, extract(epoch from room_at - clock_timestamp()) * 1000000)::bigint;
        return next;
        return;
    end if;

    insert into selfupgrade.upgrade_requests (agent, trigger) values (for_agent, 'WEBHOOK') returning id into filed;
    insert into selfupgrade.deliveries (agent, delivery, body_digest, subject, request)
    values (for_agent, its_id, its_body, its_subject, filed);
    perform pg_notify('selfupgrade', for_agent);
    receipt := 'QUEUED';
    return next;
end
$$;
-- Stops forward effects; true if they were not stopped before.
create function selfupgrade.set_freeze(for_agent text, why text) returns boolean
    language plpgsql set search_path = pg_catalog as $$
declare
    fresh boolean;
begin
    perform selfupgrade.require_agent(for_agent);
    if coalesce(length(trim(why)), 0) not between 1 and 500 then
        raise exception 'the reason of a freeze has % characters: expected 1 to 500', coalesce(length(why), 0)
            using errcode = 'invalid_parameter_value';
    end if;
    insert into selfupgrade.freezes (agent, why) values (for_agent, set_freeze.why) on conflict (agent) do nothing;
    fresh := found;
    if not fresh then
        update selfupgrade.freezes f set why = set_freeze.why where f.agent = for_agent;
    end if;
    perform pg_notify('selfupgrade', for_agent);
    return fresh;
end
$$;
comment on function selfupgrade.set_freeze is 'stops the forward effects of an agent; true if they were not stopped before';

-- Lets forward effects go on; true if they were stopped by the row. A file in the agent's home stops them still.
create function selfupgrade.lift_freeze(for_agent text) returns boolean
    language plpgsql set search_path = pg_catalog as $$
declare
    was boolean;
begin
    perform selfupgrade.require_agent(for_agent);
    delete from selfupgrade.freezes f where f.agent = for_agent;
    was := found;
    perform pg_notify('selfupgrade', for_agent);
    return was;
end
$$;
comment on function selfupgrade.lift_freeze is 'lets the forward effects of an agent go on; true if the row stopped them';

-- How an agent stands, for its operator; null if there is none of that name. Nothing secret is in it.
create function selfupgrade.control_status(for_agent text) returns jsonb
    language sql stable set search_path = pg_catalog as $$
    select jsonb_build_object(
        'agent', s.name,
        'confirmed', s.version,
        'candidate', s.candidate_version,
        'status', s.status,
        'health', (select jsonb_build_object('state', h.state, 'version', h.version, 'ageMillis', h.age_micros / 1000)
                     from selfupgrade.agent_health(s.name) h),
        'upgrade', (select jsonb_build_object('id', u.id, 'trigger', u.trigger, 'phase', u.phase, 'since', u.phase_at,
                                              'from', u.from_version, 'to', u.to_version)
                      from selfupgrade.upgrades u
                     where u.agent = s.name
                       and u.phase in ('OPEN', 'STAGED', 'AWAITING_APPROVAL', 'TRIAL', 'HANDED_OVER', 'ROLLING_BACK')),
        'last', (select jsonb_build_object('id', u.id, 'outcome', u.phase, 'reason', u.reason_code, 'at', u.phase_at,
                                           'from', u.from_version, 'to', u.to_version)
                   from selfupgrade.upgrades u
                  where u.agent = s.name
                    and u.phase in ('CONFIRMED', 'ROLLED_BACK', 'ROLLBACK_FAILED', 'REFUSED', 'UP_TO_DATE', 'ABORTED')
                  order by u.seq desc limit 1),
        'freeze', (select jsonb_build_object('since', f.at, 'why', f.why) from selfupgrade.freezes f where f.agent = s.name),
        'waiting', jsonb_build_object(
            'requests', (select count(*) from selfupgrade.upgrade_requests r where r.agent = s.name and r.upgrade is null),
            'commands', (select count(*) from selfupgrade.commands c
                          where c.agent = s.name and c.state in ('WAITING', 'TAKEN'))),
        'commands', coalesce(
            (select jsonb_agg(jsonb_build_object('id', c.id, 'kind', c.kind, 'state', c.state, 'filed', c.filed_at,
                                                 'settled', c.settled_at, 'note', c.note) order by c.seq desc)
               from (select * from selfupgrade.commands n where n.agent = s.name order by n.seq desc limit 5) c), '[]'))
      from selfupgrade.agent_state s where s.name = for_agent
$$;
comment on function selfupgrade.control_status is 'tells how an agent stands, for its operator; null if there is none';

-- Sets how an agent is watched: whether an outage asks for a redeployment, who is called to carry that out with which secret,
-- and where people are told. What is not given stays as it is, '' takes it away; a new address takes a secret of its own.
-- Only the owner may: the database calls these addresses with its own rights, and sends what it keeps in Vault.
create function selfupgrade.set_watch(
    for_agent text, redeploys boolean, calls text default null, with_secret text default null, alarms_at text default null)
    returns void
    language sql set search_path = pg_catalog as $$
    insert into selfupgrade.watches as w (agent, redeploy, call_url, call_secret, alarm)
    values (for_agent, redeploys, nullif(calls, ''), nullif(with_secret, ''), nullif(alarms_at, ''))
    on conflict (agent) do update
       set redeploy = excluded.redeploy,
           call_url = case when calls is null then w.call_url else excluded.call_url end,
           call_secret = case when calls is null and with_secret is null then w.call_secret else excluded.call_secret end,
           alarm = case when alarms_at is null then w.alarm else excluded.alarm end
$$;
comment on function selfupgrade.set_watch is
    'sets whether an outage of an agent asks for a redeployment, and by the names of secrets who is called and told by pg_net';

-- ---------------------------------------------------------------------------------------------- redeployments

-- What an outage asks for cannot be carried out by the agent, which is away: whoever can reach its platform takes it here,
-- for a time, and settles it. An attempt that does not settle is made again when its time is over.
create function selfupgrade.take_redeploy(for_agent text, hold interval default interval '2 minutes')
    returns table (command uuid, attempt integer, version text)
    language sql set search_path = pg_catalog as $$
    update selfupgrade.commands c
       set state = 'TAKEN', attempts = c.attempts + 1, held_until = clock_timestamp() + hold
      from selfupgrade.agent_state s
     where s.name = for_agent
       and not exists (select from selfupgrade.freezes f where f.agent = for_agent)
       and c.id = (select n.id from selfupgrade.commands n join selfupgrade.outages o on o.id = n.outage
                    where n.agent = for_agent and n.state in ('WAITING', 'TAKEN') and o.ended_at is null
                      and n.expires_at > clock_timestamp()
                      and (n.held_until is null or n.held_until < clock_timestamp())
                    order by n.seq limit 1 for update of n skip locked)
    returning c.id, c.attempts, s.version
$$;
comment on function selfupgrade.take_redeploy is
    'takes the redeployment that an open outage asks for, to carry it out from beside the agent';

-- Settles it with DONE, REFUSED or FAILED; false if another attempt has taken it meanwhile, or it is settled.
create function selfupgrade.settle_redeploy(its_command uuid, its_attempt integer, outcome text, its_note text)
    returns boolean
    language plpgsql set search_path = pg_catalog as $$
begin
    if outcome is null or outcome not in ('DONE', 'REFUSED', 'FAILED') then
        raise exception 'outcome %: expected DONE, REFUSED or FAILED', quote_nullable(left(outcome, 40))
            using errcode = 'invalid_parameter_value';
    end if;
    update selfupgrade.commands c
       set state = outcome, settled_at = clock_timestamp(), note = left(coalesce(its_note, ''), 500)
     where c.id = its_command and c.outage is not null and c.state = 'TAKEN' and c.attempts = its_attempt;
    return found;
end
$$;
comment on function selfupgrade.settle_redeploy is 'settles a redeployment that was taken, once';

-- ---------------------------------------------------------------------------------------------- jobs

create function selfupgrade.note_job(its_job text, its_note text) returns text
    language sql set search_path = pg_catalog as $$
    update selfupgrade.jobs j set ran_at = clock_timestamp(), runs = j.runs + 1, note = left(its_note, 500)
     where j.job = its_job
    returning j.note
$$;

create function selfupgrade.tell(for_agent text, by uuid, at_epoch bigint, event text, title text, body text)
    returns void
    language sql set search_path = pg_catalog as $$
    insert into selfupgrade.notifications (agent, event, notifier, kind, title, body, instance, epoch)
    select for_agent, event, n, 'HEALTH', title, body, by, at_epoch
      from selfupgrade.watches w, unnest(w.notifiers) n
     where w.agent = for_agent
    on conflict (agent, event, notifier) do nothing
$$;

-- Notes that an agent is down: once an outage. The heartbeat is judged in the statement that marks it, so that an agent
-- which comes back at this moment is not marked.
create function selfupgrade.begin_outage(for_agent text, fresh interval, redeploys boolean) returns boolean
    language plpgsql set search_path = pg_catalog as $$
declare
    one record;
    fresh_outage uuid;
    since text;
begin
    update selfupgrade.agent_state s set status = 'down'
      from selfupgrade.leadership l
     where s.name = for_agent and l.agent = s.name and s.health_check < clock_timestamp() - fresh
       and (s.status <> 'down'
            or not exists (select from selfupgrade.outages o where o.agent = s.name and o.ended_at is null))
    returning s.health_check, s.version, l.holder, l.epoch into one;
    if not found then
        return false;
    end if;
    insert into selfupgrade.outages (agent, holder, epoch, heartbeat_at)
    values (for_agent, one.holder, one.epoch, one.health_check)
    on conflict (agent) where ended_at is null do nothing
    returning id into fresh_outage;
    if not found then
        return false;
    end if;
    since := to_char(one.health_check at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC';
    insert into selfupgrade.agent_logs (agent, instance, epoch, level, message, context)
    values (for_agent, one.holder, one.epoch, 'error', 'the agent is down: no heartbeat of its primary since ' || since,
            jsonb_build_object('outage', fresh_outage, 'version', one.version));
    perform selfupgrade.tell(
        for_agent, one.holder, one.epoch, 'outage:' || fresh_outage, for_agent || ': The agent is DOWN',
        'No heartbeat of its primary since ' || since || '. Version ' || one.version || ' is the confirmed one.');
    insert into selfupgrade.alarms (agent, outage, ending)
    select w.agent, fresh_outage, false from selfupgrade.watches w where w.agent = for_agent and w.alarm is not null and selfupgrade.can_call();
    if redeploys then
        -- Under a freeze too: it is held back as long as that lasts, and carried out if the agent is still away then.
        insert into selfupgrade.commands (agent, kind, outage, expires_at)
        values (for_agent, 'DEPLOY', fresh_outage, clock_timestamp() + interval '1 day');
    end if;
    return true;
end
$$;

create function selfupgrade.end_outage(for_agent text, fresh interval) returns boolean
    language plpgsql set search_path = pg_catalog as $$
declare
    one record;
    over record;
    took text;
begin
    update selfupgrade.agent_state s set status = 'running'
      from selfupgrade.leadership l
     where s.name = for_agent and l.agent = s.name and s.status = 'down'
       and s.health_check >= clock_timestamp() - fresh
    returning l.holder, l.epoch into one;
    if not found then
        return false;
    end if;
    update selfupgrade.outages o set ended_at = clock_timestamp()
     where o.agent = for_agent and o.ended_at is null
    returning o.id, o.ended_at - o.heartbeat_at as span into over;
    if not found then
        return true;
    end if;
    took := extract(epoch from over.span)::bigint || ' s';
    update selfupgrade.commands c
       set state = 'WITHDRAWN', settled_at = clock_timestamp(), note = 'the agent came back by itself'
     where c.outage = over.id and c.state in ('WAITING', 'TAKEN');
    insert into selfupgrade.agent_logs (agent, instance, epoch, level, message, context)
    values (for_agent, one.holder, one.epoch, 'info', 'the agent is up again after ' || took,
            jsonb_build_object('outage', over.id));
    perform selfupgrade.tell(
        for_agent, one.holder, one.epoch, 'outage:' || over.id || ':over', for_agent || ': The agent is up again',
        'It was away for ' || took || '.');
    insert into selfupgrade.alarms (agent, outage, ending)
    select w.agent, over.id, true from selfupgrade.watches w where w.agent = for_agent and w.alarm is not null and selfupgrade.can_call();
    return true;
end
$$;

-- Judges the heartbeat of each agent: marks who is down and who is up again, and tells it once.
create function selfupgrade.run_agent_health_check() returns text
    language plpgsql set search_path = pg_catalog as $$
declare
    one record;
    seen integer := 0;
    down integer := 0;
    up integer := 0;
    called integer;
    alarmed integer;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('selfupgrade.agent-health-check', 0)) then
        return 'another run is under way';
    end if;
    for one in select s.name, s.status, h.state, coalesce(w.redeploy, false) as redeploy,
                      coalesce(w.stale_after, interval '60 seconds') as fresh
                 from selfupgrade.agent_state s
                 left join selfupgrade.watches w on w.agent = s.name
                cross join lateral selfupgrade.agent_health(s.name) h
                order by s.name loop
        seen := seen + 1;
        if one.state = 'DOWN' then
            down := down + selfupgrade.begin_outage(one.name, one.fresh, one.redeploy)::integer;
        elsif one.status = 'down' then
            up := up + selfupgrade.end_outage(one.name, one.fresh)::integer;
        end if;
    end loop;
    -- The time under a freeze is not that of a redeployment which it holds back.
    update selfupgrade.commands c set expires_at = clock_timestamp() + interval '1 day'
     where c.outage is not null and c.state = 'WAITING' and c.expires_at < clock_timestamp() + interval '23 hours'
       and exists (select from selfupgrade.freezes f where f.agent = c.agent);
    update selfupgrade.commands c
       set state = 'EXPIRED', settled_at = clock_timestamp(), note = 'it was not carried out within its time to live'
     where c.outage is not null and c.state in ('WAITING', 'TAKEN') and c.expires_at <= clock_timestamp();
    called := selfupgrade.call_for_redeploys();
    alarmed := selfupgrade.sound_alarms();
    return selfupgrade.note_job(
        'agent-health-check',
        format('%s agents, %s newly down, %s up again, %s calls for a redeployment, %s alarms',
               seen, down, up, called, alarmed));
end
$$;
comment on function selfupgrade.run_agent_health_check is
    'marks agents down and up by the heartbeat of their primary; one log row, notification and redeployment an outage';

-- Asks for the look at releases that an agent's own schedule has missed, because it is off or stuck: once until answered.
create function selfupgrade.run_auto_upgrade_check() returns text
    language plpgsql set search_path = pg_catalog as $$
declare
    asked integer := 0;
    one text;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('selfupgrade.auto-upgrade-check', 0)) then
        return 'another run is under way';
    end if;
    for one in select t.agent
                 from selfupgrade.scheduled_tasks t
                 join selfupgrade.task_state s on s.task = t.id
                where t.name = 'selfupgrade.look-for-releases' and t.enabled
                  and s.next_run < clock_timestamp() - interval '10 minutes'
                  and not exists (select from selfupgrade.freezes f where f.agent = t.agent)
                  and not exists (select from selfupgrade.upgrade_requests r where r.agent = t.agent and r.upgrade is null)
                order by t.agent loop
        insert into selfupgrade.upgrade_requests (agent, trigger) values (one, 'SCHEDULED');
        perform pg_notify('selfupgrade', one);
        asked := asked + 1;
    end loop;
    return selfupgrade.note_job('auto-upgrade-check', format('%s looks were missed and asked for', asked));
end
$$;
comment on function selfupgrade.run_auto_upgrade_check is
    'files a request for each agent whose own look at releases is overdue; none while one waits, none while it is frozen';

-- From when on rows of a kind are kept: by what the agent's primary declared, or by the default.
create function selfupgrade.kept_from(for_agent text, kind text, days integer) returns timestamptz
    language sql volatile set search_path = pg_catalog as $$
    select clock_timestamp()
           - coalesce((select (w.retention ->> kind)::bigint * interval '1 microsecond'
                         from selfupgrade.watches w where w.agent = for_agent), days * interval '1 day')
$$;

-- Deletes rows of one agent that were kept long enough, at most so many of each table; returns how many of which. All of it
-- sees the same rows: what something else named until now goes the next time.
create function selfupgrade.clean_agent(for_agent text, most integer) returns jsonb
    language sql set search_path = pg_catalog as $$
    with c as materialized (
        select clock_timestamp() as now, clock_timestamp() - interval '7 days' as keys,
               selfupgrade.kept_from(for_agent, 'LOGS', 7) as logs,
               selfupgrade.kept_from(for_agent, 'TASK_RUNS', 30) as runs,
               selfupgrade.kept_from(for_agent, 'NOTIFICATIONS', 30) as notifications,
               selfupgrade.kept_from(for_agent, 'DELIVERIES', 7) as deliveries,
               selfupgrade.kept_from(for_agent, 'COMMANDS', 30) as commands),
    logs as (
        delete from selfupgrade.agent_logs t using (
            select l.id from selfupgrade.agent_logs l, c where l.agent = for_agent and l.created_at < c.logs
             order by l.created_at limit most) old where t.id = old.id returning 1),
    memories as (
        delete from selfupgrade.memories t using (
            select m.id from selfupgrade.memories m, c where m.agent = for_agent and m.expires_at < c.now
             order by m.expires_at limit most) old where t.id = old.id returning 1),
    runs as (
        delete from selfupgrade.task_runs t using (
            select r.id from selfupgrade.task_runs r, c
             where r.agent = for_agent and r.due < c.runs and r.finished_at < c.runs
               and r.state not in ('WAITING', 'RUNNING')
               and r.due < (select max(x.due) from selfupgrade.task_runs x where x.task_id = r.task_id)
             order by r.due limit most) old where t.id = old.id returning 1),
    notifications as (
        delete from selfupgrade.notifications t using (
            select n.id from selfupgrade.notifications n, c
             where n.agent = for_agent and n.filed_at < c.notifications and n.state <> 'WAITING'
             order by n.filed_at limit most) old where t.id = old.id returning 1),
    deliveries as (
        delete from selfupgrade.deliveries t using (
            select d.id from c, selfupgrade.deliveries d join selfupgrade.upgrade_requests r on r.id = d.request
             where d.agent = for_agent and d.accepted_at < c.deliveries and r.upgrade is not null
             order by d.accepted_at limit most) old where t.id = old.id returning 1),
    keys as (
        delete from selfupgrade.control_keys t using (
            select k.agent, k.key from selfupgrade.control_keys k, c where k.agent = for_agent and k.filed_at < c.keys
             order by k.filed_at limit most) old where t.agent = old.agent and t.key = old.key returning 1),
    commands as (
        delete from selfupgrade.commands t using (
            select m.id from selfupgrade.commands m, c
             where m.agent = for_agent and m.settled_at < c.commands
               and not exists (select from selfupgrade.control_keys k where k.command = m.id)
             order by m.seq limit most) old where t.id = old.id returning 1),
    requests as (
        delete from selfupgrade.upgrade_requests t using (
            select r.id from selfupgrade.upgrade_requests r, c
             where r.agent = for_agent and r.upgrade is not null and r.answered_at < c.commands
               and not exists (select from selfupgrade.deliveries d where d.request = r.id)
               and not exists (select from selfupgrade.control_keys k where k.request = r.id)
               and not exists (select from selfupgrade.commands m where m.after_request = r.id)
             order by r.seq limit most) old where t.id = old.id returning 1),
    outages as (
        delete from selfupgrade.outages t using (
            select o.id from selfupgrade.outages o, c
             where o.agent = for_agent and o.ended_at < c.commands
               and not exists (select from selfupgrade.commands m where m.outage = o.id)
               and not exists (select from selfupgrade.alarms a where a.outage = o.id)
             order by o.noticed_at limit most) old where t.id = old.id returning 1),
    alarms as (
        delete from selfupgrade.alarms t using (
            select a.outage, a.ending from selfupgrade.outages o join selfupgrade.alarms a on a.outage = o.id, c
             where o.agent = for_agent and o.ended_at < c.commands and a.settled_at < c.commands
             order by o.noticed_at limit most) old where t.outage = old.outage and t.ending = old.ending returning 1)
    select jsonb_build_object(
        'logs', (select count(*) from logs), 'memories', (select count(*) from memories),
        'runs', (select count(*) from runs), 'notifications', (select count(*) from notifications),
        'deliveries', (select count(*) from deliveries), 'keys', (select count(*) from keys),
        'commands', (select count(*) from commands), 'requests', (select count(*) from requests),
        'outages', (select count(*) from outages), 'alarms', (select count(*) from alarms))
$$;

-- Deletes what webhooks asked for and nobody answered within 30 days, whatever the agent's name: that may be of one which was
-- never started, because a function has another name than the agent.
create function selfupgrade.clean_unanswered(most integer) returns bigint
    language sql set search_path = pg_catalog as $$
    with old as materialized (
        select r.id from selfupgrade.upgrade_requests r
         where r.upgrade is null and r.trigger = 'WEBHOOK' and r.created_at < clock_timestamp() - interval '30 days'
         order by r.created_at limit most for update skip locked),
    told as (
        delete from selfupgrade.deliveries t using old where t.request = old.id returning 1),
    gone as (
        delete from selfupgrade.upgrade_requests t using old where t.id = old.id returning 1)
    select count(*) from gone
$$;

-- Deletes what was kept long enough, at most so many rows of each table and agent in one run.
create function selfupgrade.run_log_cleanup(most integer default 20000) returns text
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
          from jsonb_each_text(selfupgrade.clean_agent(one, most)) g;
    end loop;
    gone := gone || jsonb_build_object('cron runs', selfupgrade.clean_cron_runs(most),
                                       'unanswered', selfupgrade.clean_unanswered(most));
    select coalesce(jsonb_object_agg(g.key, g.value), '{}') into gone from jsonb_each(gone) g where g.value <> '0';
    return selfupgrade.note_job('log-cleanup', 'deleted ' || gone::text);
end
$$;
comment on function selfupgrade.run_log_cleanup is
    'deletes logs, expired memories, old runs, notifications, deliveries, keys, commands and what pg_cron noted of its runs';

-- The rows of pg_cron about our jobs, which it never deletes itself. Those of other jobs are not ours.
create function selfupgrade.clean_cron_runs(most integer) returns bigint
    language plpgsql set search_path = pg_catalog as $$
declare
    n bigint := 0;
begin
    if to_regclass('cron.job_run_details') is not null then
        execute format(
            'delete from %1$I.job_run_details where runid in (
                 select runid from %1$I.job_run_details
                  where command like ''select selfupgrade.%%'' and end_time < clock_timestamp() - interval ''7 days''
                  order by runid limit $1)', 'cron') using most;
        get diagnostics n = row_count;
    end if;
    return n;
exception when insufficient_privilege then
    return 0; -- an agent's login may not; pg_cron's own run of this job may
end
$$;

-- Runs a job for its runner: nothing happens if another one is to run it, so that pg_cron and the primaries never both do.
create function selfupgrade.run_job(its_job text, by text) returns text
    language plpgsql set search_path = pg_catalog as $$
begin
    if not exists (select from selfupgrade.jobs j where j.job = its_job and j.runner = by) then
        return format('not run: %s does not run %s', by, its_job);
    end if;
    return case its_job
        when 'agent-health-check' then selfupgrade.run_agent_health_check()
        when 'auto-upgrade-check' then selfupgrade.run_auto_upgrade_check()
        when 'log-cleanup' then selfupgrade.run_log_cleanup()
    end;
end
$$;
comment on function selfupgrade.run_job is 'runs a job if that runner is the one which runs it; what pg_cron calls';

-- Runs the jobs that are due and that the primaries run; each once, however many call at once. One that fails is noted and
-- keeps no other from running. Who calls it for one job after another holds no row of the one during the next.
create function selfupgrade.run_due_jobs(most integer default 3) returns table (ran text, said text)
    language plpgsql set search_path = pg_catalog as $$
declare
    one text;
    left_over integer := most;
begin
    for one in select j.job from selfupgrade.jobs j order by j.job loop
        perform from selfupgrade.jobs j
         where j.job = one and j.runner = 'AGENT' and (j.ran_at is null or j.ran_at < clock_timestamp() - j.every)
           for update skip locked;
        if found and left_over > 0 then
            left_over := left_over - 1;
            ran := one;
            begin
                said := selfupgrade.run_job(one, 'AGENT');
            exception when others then
                said := selfupgrade.note_job(one, 'failed: ' || sqlerrm || ' (SQLSTATE ' || sqlstate || ')');
            end;
            return next;
        end if;
    end loop;
end
$$;
comment on function selfupgrade.run_due_jobs is 'runs the jobs that are due where there is no pg_cron; primaries call it';

select selfupgrade.secure_tables();

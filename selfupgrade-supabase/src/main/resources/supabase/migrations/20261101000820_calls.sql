-- What the database does by itself about an outage where it has pg_net: it calls whoever carries redeployments out, and tells
-- people, who otherwise hear of it from an agent.
--
-- Addresses and secrets are the owner's alone (selfupgrade.watches): pg_cron runs this with the rights of the owner. Vault,
-- pg_net and pg_cron are named by format, because a database need not have them, and a linter would look for them.

insert into selfupgrade.schema_history (version, name)
values ('20261101000820', '20261101000820_calls.sql') on conflict do nothing;

create function selfupgrade.can_call() returns boolean
    language sql stable set search_path = pg_catalog as $$
    select exists (select from pg_proc p where p.proname = 'http_post' and p.pronamespace = to_regnamespace('net'))
$$;

create function selfupgrade.secret_named(its_name text) returns text
    language plpgsql stable set search_path = pg_catalog as $$
declare
    secret text;
begin
    execute format('select decrypted_secret from %I.decrypted_secrets where name = $1', 'vault')
       into strict secret using its_name;
    return secret;
end
$$;

create function selfupgrade.post(address text, body jsonb, headers jsonb) returns bigint
    language plpgsql set search_path = pg_catalog as $$
declare
    id bigint;
begin
    if not coalesce(selfupgrade.may_be_called(address), false) then
        raise exception 'an address that is not called: expected https, or a port of this host'
            using errcode = 'invalid_parameter_value';
    end if;
    execute format('select %I.http_post(url := $1, body := $2, headers := $3, timeout_milliseconds := 5000)', 'net')
       into id using address, body, headers || jsonb '{"Content-Type": "application/json"}';
    return id;
end
$$;

-- Calls whoever carries redeployments out, again at each run until it is settled, and not while the agent is frozen. What
-- goes wrong here is told and changes nothing.
create function selfupgrade.call_for_redeploys() returns integer
    language plpgsql set search_path = pg_catalog as $$
declare
    one record;
    secret text;
    called integer := 0;
begin
    if not selfupgrade.can_call() then
        return 0;
    end if;
    for one in select distinct w.agent, w.call_url, w.call_secret
                 from selfupgrade.watches w
                 join selfupgrade.commands c on c.agent = w.agent and c.state in ('WAITING', 'TAKEN')
                 join selfupgrade.outages o on o.id = c.outage and o.ended_at is null
                where w.call_url is not null and c.expires_at > clock_timestamp()
                  and (c.held_until is null or c.held_until < clock_timestamp())
                  and not exists (select from selfupgrade.freezes f where f.agent = w.agent) loop
        begin
            secret := null;
            if one.call_secret is not null then
                secret := selfupgrade.secret_named(one.call_secret);
            end if;
            perform selfupgrade.post(
                one.call_url, jsonb_build_object('action', 'redeploy', 'agent', one.agent),
                jsonb_strip_nulls(jsonb_build_object('apikey', secret)));
            called := called + 1;
        exception when others then
            -- Only the kind of the failure: its message may hold what was sent.
            raise warning 'the redeployment of % could not be called for: %', one.agent, sqlstate;
        end;
    end loop;
    return called;
end
$$;

-- What an alarm says, as an incoming webhook of Slack and of those who take its form: the three characters that mean
-- something there are escaped, because a name and a version are an agent's own words.
create function selfupgrade.alarm_text(its_outage uuid, at_end boolean) returns jsonb
    language sql stable set search_path = pg_catalog as $$
    select jsonb_build_object('text', replace(replace(replace(left(
               case when at_end
                    then o.agent || ': The agent is up again' || chr(10) || 'It was away for '
                         || extract(epoch from o.ended_at - o.heartbeat_at)::bigint || ' s.'
                    else o.agent || ': The agent is DOWN' || chr(10) || 'No heartbeat of its primary since '
                         || to_char(o.heartbeat_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC. Version '
                         || coalesce(s.version, '?') || ' is the confirmed one.'
               end, 1000), '&', '&amp;'), '<', '&lt;'), '>', '&gt;'))
      from selfupgrade.outages o
      left join selfupgrade.agent_state s on s.name = o.agent
     where o.id = its_outage
$$;

-- Settles an alarm, and what was filed of the same for the agent's notifiers: told, it is told in their place; given up, it
-- is theirs again.
create function selfupgrade.settle_alarm(its_outage uuid, at_end boolean, arrived boolean, its_note text) returns void
    language sql set search_path = pg_catalog as $$
    update selfupgrade.notifications n
       set state = case when arrived then 'DELIVERED' else n.state end,
           settled_at = case when arrived then clock_timestamp() end,
           due_at = clock_timestamp(),
           note = case when arrived then 'told by the alarm of the database' else n.note end
      from selfupgrade.alarms a
     where a.outage = its_outage and a.ending = at_end and n.agent = a.agent and n.state = 'WAITING'
       and n.event = 'outage:' || its_outage || case when at_end then ':over' else '' end;
    update selfupgrade.alarms a set settled_at = clock_timestamp(), note = left(its_note, 500)
     where a.outage = its_outage and a.ending = at_end;
$$;

-- Judges by pg_net's answer whether an alarm has arrived; one that has not is due again.
create function selfupgrade.judge_alarm(its_outage uuid, at_end boolean, its_call bigint) returns void
    language plpgsql set search_path = pg_catalog as $$
declare
    status integer;
    wrong text;
begin
    execute format('select r.status_code, case when r.timed_out then $2 else r.error_msg end from %I._http_response r
                     where r.id = $1', 'net')
       into status, wrong using its_call, 'no answer in time';
    if status between 200 and 299 then
        perform selfupgrade.settle_alarm(its_outage, at_end, true, 'answered with ' || status);
    elsif status is not null or wrong is not null then
        -- Without pg_net's message, which may have the address in it.
        update selfupgrade.alarms a
           set call = null, note = coalesce('answered with ' || status, 'not answered')
         where a.outage = its_outage and a.ending = at_end;
    else
        update selfupgrade.alarms a set call = null, note = 'pg_net knows of no answer'
         where a.outage = its_outage and a.ending = at_end and a.due_at <= clock_timestamp();
    end if;
end
$$;

-- Tells people of outages where the owner's watch names an address for it: once, which means again, with growing pauses for
-- some hours, as long as it is known or likely that it has not arrived. Meanwhile the agent's own notifiers are held
-- back from telling the same. What goes wrong is told and changes nothing.
create function selfupgrade.sound_alarms() returns integer
    language plpgsql set search_path = pg_catalog as $$
declare
    most constant integer := 8;
    one record;
    sent bigint;
    sounded integer := 0;
begin
    if not selfupgrade.can_call() then
        return 0;
    end if;
    for one in select a.outage, a.ending, a.call from selfupgrade.alarms a
                where a.settled_at is null and a.call is not null order by a.filed_at limit 100 for update skip locked loop
        begin
            perform selfupgrade.judge_alarm(one.outage, one.ending, one.call);
        exception when others then
            raise warning 'the answer to an alarm could not be read: %', sqlstate;
        end;
    end loop;
    for one in select a.agent, a.outage, a.ending, a.attempts, a.note, w.alarm
                 from selfupgrade.alarms a
                 left join selfupgrade.watches w on w.agent = a.agent
                where a.settled_at is null and a.call is null
                  and (a.due_at <= clock_timestamp() or a.attempts >= most or w.alarm is null)
                order by a.filed_at limit 100 for update of a skip locked loop
        if one.alarm is null or one.attempts >= most then
            perform selfupgrade.settle_alarm(one.outage, one.ending, false, 'given up: ' || one.note);
            continue;
        end if;
        sent := null;
        begin
            sent := selfupgrade.post(
                selfupgrade.secret_named(one.alarm), selfupgrade.alarm_text(one.outage, one.ending), jsonb '{}');
            sounded := sounded + 1;
        exception when others then
            -- Only the kind of the failure: its message may hold the address, which is a secret.
            raise warning 'the alarm about % could not be sent: %', one.agent, sqlstate;
            update selfupgrade.alarms a set note = 'not sent: ' || sqlstate
             where a.outage = one.outage and a.ending = one.ending;
        end;
        update selfupgrade.alarms a
           set call = sent, attempts = a.attempts + 1, due_at = clock_timestamp() + interval '4 minutes' * (2 ^ a.attempts)
         where a.outage = one.outage and a.ending = one.ending;
        update selfupgrade.notifications n
           set due_at = greatest(n.due_at, clock_timestamp() + interval '15 minutes')
         where sent is not null and n.agent = one.agent and n.state = 'WAITING'
           and n.event = 'outage:' || one.outage || case when one.ending then ':over' else '' end;
    end loop;
    return sounded;
end
$$;
comment on function selfupgrade.sound_alarms is
    'tells people of outages by pg_net, at the address that Vault has under the name in the watch';

select selfupgrade.secure_tables();

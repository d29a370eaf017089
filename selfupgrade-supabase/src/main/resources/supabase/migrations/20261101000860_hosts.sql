-- Hosts that say of themselves that they are there. Nothing is decided by these rows: an agent lives if its instances have
-- heartbeats. They tell an operator where it was started, and where nothing has been heard of since.

insert into selfupgrade.schema_history (version, name)
values ('20261101000860', '20261101000860_hosts.sql') on conflict do nothing;

create table selfupgrade.hosts (
    agent    text not null,
    host     text not null check (host ~ '^[0-9A-Za-z][0-9A-Za-z._:-]{0,252}$'),
    port     integer check (port between 1 and 65535),
    since    timestamptz not null default clock_timestamp(),
    seen_at  timestamptz not null default clock_timestamp(),
    primary key (agent, host)
) with (fillfactor = 50);
comment on table selfupgrade.hosts is
    'CONTROL: hosts on which an agent was started, as they say themselves; those that are silent for 30 days make room';

-- Notes that a host has said so: NEW, KNOWN, or FULL and not noted, because the agent has 100 already.
create function selfupgrade.note_host(for_agent text, its_host text, its_port integer) returns text
    language plpgsql set search_path = pg_catalog as $$
begin
    perform selfupgrade.require_agent(for_agent);
    -- One after the other, so that the count holds.
    perform pg_advisory_xact_lock(hashtextextended('selfupgrade.hosts of ' || for_agent, 0));
    update selfupgrade.hosts h set port = its_port, seen_at = clock_timestamp()
     where h.agent = for_agent and h.host = its_host;
    if found then
        return 'KNOWN';
    end if;
    delete from selfupgrade.hosts h where h.agent = for_agent and h.seen_at < clock_timestamp() - interval '30 days';
    if (select count(*) from selfupgrade.hosts h where h.agent = for_agent) >= 100 then
        return 'FULL';
    end if;
    insert into selfupgrade.hosts (agent, host, port) values (for_agent, its_host, its_port);
    return 'NEW';
end
$$;
comment on function selfupgrade.note_host is 'notes that a host says it is there; decides nothing';

-- The hosts of an agent for its operator, those that were seen last first.
create function selfupgrade.known_hosts(for_agent text) returns jsonb
    language sql stable set search_path = pg_catalog as $$
    select coalesce(
        jsonb_agg(jsonb_build_object('host', h.host, 'port', h.port, 'since', h.since, 'seen', h.seen_at)
                  order by h.seen_at desc, h.host), '[]')
      from selfupgrade.hosts h where h.agent = for_agent
$$;
comment on function selfupgrade.known_hosts is 'the hosts that said they are there, those seen last first';

select selfupgrade.secure_tables();

-- Webhooks: deliveries that were verified, each with the request that it made.

insert into selfupgrade.schema_history (version, name)
values ('20261101000720', '20261101000720_webhooks.sql') on conflict do nothing;

create table selfupgrade.deliveries (
    id          uuid primary key default gen_random_uuid(),
    agent       text not null,
    delivery    text not null check (delivery ~ '^[!-~]{1,100}$'),
    body_digest text not null check (body_digest ~ '^[0-9a-f]{64}$'),
    subject     text not null check (length(subject) <= 200),
    request     uuid not null unique references selfupgrade.upgrade_requests,
    accepted_at timestamptz not null default clock_timestamp(),
    constraint delivery_once unique (agent, delivery)
);
create index deliveries_of_body on selfupgrade.deliveries (agent, body_digest, accepted_at desc);
create index deliveries_newest on selfupgrade.deliveries (agent, accepted_at desc);
comment on table selfupgrade.deliveries is
    'LEDGER: deliveries of webhooks that made a request; who repeats one within their retention makes no other';

-- What a verified delivery leads to. Whoever receives webhooks calls this, an agent or a function beside the database, so
-- that both know the same deliveries. Returns QUEUED, KNOWN or JOINED with the request, or TURNED_AWAY with the microseconds
-- until there is room.
create function selfupgrade.accept_delivery(
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
comment on function selfupgrade.accept_delivery is 'keeps a verified delivery of a webhook and files its request';

select selfupgrade.secure_tables();

-- Rights on functions too, and none for the roles of Supabase's Data API, whatever a database gives them by default.

insert into selfupgrade.schema_history (version, name)
values ('20261101000780', '20261101000780_rights.sql') on conflict do nothing;

-- The steps that each new table and function takes; later migrations call it again. A table that has its protection already
-- is not locked for it again: agents of the version before may be at work on it.
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
end
$$;
select selfupgrade.secure_tables();

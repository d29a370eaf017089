-- Who may touch the state: its owner, and logins that are members of selfupgrade_agent. Nobody else.

insert into selfupgrade.schema_history (version, name)
values ('20261101000200', '20261101000200_access.sql') on conflict do nothing;

do $$
begin
    if not exists (select from pg_roles where rolname = 'selfupgrade_agent') then
        create role selfupgrade_agent nologin;
    end if;
exception
    when duplicate_object or unique_violation then
        null; -- another database of this server was migrated at the same moment
    when insufficient_privilege then
        raise warning 'role selfupgrade_agent was not created, because % may not create roles: only the owner of schema selfupgrade can use it', current_user;
end
$$;

-- The steps that each new table takes; later migrations call it again.
create function selfupgrade.secure_tables() returns void
    language plpgsql set search_path = pg_catalog as $$
declare
    name text;
    known boolean := exists (select from pg_roles where rolname = 'selfupgrade_agent');
begin
    for name in select c.relname from pg_class c
                 where c.relnamespace = 'selfupgrade'::regnamespace and c.relkind in ('r', 'p') loop
        execute format('alter table selfupgrade.%I enable row level security', name);
        execute format('revoke all on selfupgrade.%I from public', name);
        if known then
            execute format('grant select, insert, update, delete on selfupgrade.%I to selfupgrade_agent', name);
            execute format('drop policy if exists agents on selfupgrade.%I', name);
            execute format('create policy agents on selfupgrade.%I to selfupgrade_agent using (true) with check (true)', name);
        end if;
    end loop;
    if known then
        grant usage on schema selfupgrade to selfupgrade_agent;
        grant select on selfupgrade.task_overview to selfupgrade_agent;
        revoke insert, update, delete on selfupgrade.schema_history from selfupgrade_agent;
    end if;
end
$$;
revoke all on schema selfupgrade from public;
revoke all on function selfupgrade.secure_tables() from public;
select selfupgrade.secure_tables();

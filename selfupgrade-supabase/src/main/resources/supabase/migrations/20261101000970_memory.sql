-- Memories that are found by what they mean, too; shared ones, and those that are set aside.

insert into selfupgrade.schema_history (version, name)
values ('20261101000970', '20261101000970_memory.sql') on conflict do nothing;

-- Of a shared memory the column agent says 'shared:' and the namespace, which no agent's name can be. Each of these names an
-- instance and counts only while that is the writer's, so that what a version before writes anew is neither.
alter table selfupgrade.memories add column set_aside uuid, add column taken_back uuid;
comment on column selfupgrade.memories.set_aside is 'the writer, if it was rolled back: the memory is not recalled';
comment on column selfupgrade.memories.taken_back is 'the writer, if somebody took the memory back: it is not set aside again';
comment on column selfupgrade.memories.content is 'the text; of a memory that is only a vector the invisible character U+2060';
create index memories_of_tier on selfupgrade.memories (agent, tier);
create index memories_of_instance on selfupgrade.memories (instance);
create index memories_aside on selfupgrade.memories (agent, instance) where set_aside is not null;
create index memories_by_external_id on selfupgrade.memories (agent, external_id collate "C") where external_id is not null;
create index memories_metadata on selfupgrade.memories using gin (metadata jsonb_path_ops);

create table selfupgrade.memory_use (
    memory uuid primary key,
    agent  text not null,
    uses   bigint not null
) with (fillfactor = 50);
create index memory_use_of on selfupgrade.memory_use (agent, uses);
comment on table selfupgrade.memory_use is
    'CONTROL: how often each memory was recalled';

-- Vectors, of the type that prepare_memory_vectors gives them. One counts while its instant is that of its memory: a version
-- before, which knows no vectors, replaces and deletes memories without them.
create table selfupgrade.memory_vectors (
    memory    uuid primary key,
    agent     text not null,
    model     text not null,
    at        timestamptz not null,
    embedding real[] not null
);
comment on table selfupgrade.memory_vectors is
    'DATA: vectors of memories, in the index';
create table selfupgrade.memory_fresh_vectors (
    memory    uuid primary key,
    agent     text not null,
    model     text not null,
    at        timestamptz not null,
    embedding real[] not null
);
create index memory_vectors_of on selfupgrade.memory_vectors (agent, model);
create index memory_fresh_vectors_of on selfupgrade.memory_fresh_vectors (agent, at);
comment on table selfupgrade.memory_fresh_vectors is
    'DATA: vectors of memories that are compared one by one, until they are in the index';

-- Tells the type of vectors, how many numbers they have, 0 as long as that is open, and where the type is.
create function selfupgrade.memory_set_up(out kind text, out dimension integer, out home text)
    language sql stable set search_path = pg_catalog as $$
    select case a.atttypid when 'real[]'::regtype then 'real' else t.typname end,
           case a.atttypid when 'real[]'::regtype
                then coalesce((select substring(pg_get_constraintdef(k.oid) from '= ([0-9]+)')::integer
                                 from pg_constraint k
                                where k.conrelid = a.attrelid and k.conname = 'of_one_length'), 0)
                else a.atttypmod end,
           n.nspname
      from pg_attribute a join pg_type t on t.oid = a.atttypid join pg_namespace n on n.oid = t.typnamespace
     where a.attrelid = 'selfupgrade.memory_vectors'::regclass and a.attname = 'embedding'
$$;
comment on function selfupgrade.memory_set_up is 'tells how vectors of memories are kept';

-- Finds pgvector, and installs it where it can be; the schema of its types, or null. It takes 0.8, which scans an index on
-- until a filter has been served.
create function selfupgrade.home_of_vectors() returns text
    language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from pg_extension where extname = 'vector')
       and exists (select from pg_available_extensions where name = 'vector') then
        begin
            execute format('create extension if not exists vector schema %I',
                           case when to_regnamespace('extensions') is null then 'public' else 'extensions' end);
        exception
            when insufficient_privilege or invalid_schema_name or undefined_file or duplicate_object or unique_violation then
                raise notice 'pgvector was not installed: %', sqlerrm;
        end;
    end if;
    return (select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace
             where e.extname = 'vector'
               and substring(e.extversion from '^[0-9]+[.][0-9]+')::numeric >= 0.8);
end
$$;

-- Makes what looks for vectors: by the index and, one by one, among what is fresh; or one by one among what a filter keeps.
create function selfupgrade.make_memory_search(its_kind text, its_dimension integer, home text) returns void
    language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    own text := format('%I.%I(%s)', home, its_kind, its_dimension);
    half text := format('%I.halfvec(%s)', home, its_dimension);
    near text := format('operator(%I.<=>)', home);
    indexed text := case its_kind when 'halfvec' then 's.embedding'
                         else format('(%I.l2_normalize(s.embedding)::%s)', home, half) end;
    takes constant text :=
        'owners text[], wanted real[], its_model text, its_tiers text[], since timestamptz, before timestamptz, ids text[], condition jsonpath, most integer';
    gives constant text :=
        'id uuid, agent text, external_id text, content text, tier text, metadata jsonb, importance double precision, created_at timestamptz, expires_at timestamptz, similarity double precision';
    columns constant text :=
        'm.id, m.agent, m.external_id, m.content, m.tier, m.metadata, m.importance, m.created_at, m.expires_at';
    -- Equality, and in this order: a plan that does not know the values has to take the index of both.
    each constant text := $f$ unnest(owners) o (agent) cross join unnest(its_tiers) t (tier)
                 cross join lateral (select m.* from selfupgrade.memories m
                                      where m.agent = o.agent and m.tier = t.tier and %s offset 0) m $f$;
    those constant text := $f$ (select m.* from selfupgrade.memories m
                         where m.agent = any(owners) and m.tier = any(its_tiers) and %s offset 0) m $f$;
    kept constant text := $f$ (m.expires_at is null or m.expires_at > clock_timestamp())
               and m.set_aside is distinct from m.instance
               and (since is null or m.created_at >= since) and (before is null or m.created_at < before) $f$;
    query constant text := $f$ select %1$s, 1 - v.distance from %2$s
                 cross join lateral (
                       select s.embedding %3$s probe as distance from selfupgrade.memory_vectors s
                        where s.memory = m.id and s.at = m.created_at and s.model = its_model
                       union all
                       select s.embedding %3$s probe from selfupgrade.memory_fresh_vectors s
                        where s.memory = m.id and s.at = m.created_at and s.model = its_model) v
                 order by v.distance, m.created_at desc, m.id limit most $f$;
    settings constant text := $f$ set search_path = pg_catalog, pg_temp set plan_cache_mode = force_generic_plan set jit = off
               set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_memoize = off $f$;
begin
    execute format($make$
        create or replace function selfupgrade.memories_by_index(%1$s) returns table (%2$s)
            language plpgsql stable rows 10 %3$s
            set enable_sort = off set hnsw.iterative_scan = relaxed_order set hnsw.ef_search = 40 as $f$
        #variable_conflict use_column
        declare
            probe %4$s := wanted::%4$s;
            nearest %5$s := %10$I.l2_normalize(wanted::%10$I.vector)::%5$s;
        begin
            if most > 20 then
                perform set_config('hnsw.ef_search', least(2 * most, 1000)::text, true);
            end if;
            return query
            select h.id, h.agent, h.external_id, h.content, h.tier, h.metadata, h.importance, h.created_at, h.expires_at,
                   1 - h.distance
              from ((select m.*, s.embedding %6$s probe as distance
                       from selfupgrade.memory_vectors s
                      cross join lateral (
                            select %7$s from selfupgrade.memories m
                             where m.id = s.memory and m.created_at = s.at and m.agent = any(owners) and m.tier = any(its_tiers) and %8$s
                               and (ids is null or m.external_id = any(ids))
                               and (condition is null or m.metadata @@ condition) offset 0) m
                      where s.agent = any(owners) and s.model = its_model
                      order by %9$s %6$s nearest limit most)
                    union all
                    (select m.*, s.distance
                       from (select f.memory, f.at, f.embedding %6$s probe as distance
                               from selfupgrade.memory_fresh_vectors f
                              where f.agent = any(owners) and f.model = its_model order by distance, f.at desc) s
                      cross join lateral (
                            select %7$s from selfupgrade.memories m
                             where m.id = s.memory and m.created_at = s.at and m.agent = any(owners) and m.tier = any(its_tiers) and %8$s
                               and (ids is null or m.external_id = any(ids))
                               and (condition is null or m.metadata @@ condition) offset 0) m
                      limit most)) h
             order by h.distance, h.created_at desc, h.id limit most;
        end
        $f$ $make$, takes, gives, settings, own, half, near, columns, kept, indexed, home);

    execute format($make$
        create or replace function selfupgrade.memories_one_by_one(%1$s, by_metadata boolean) returns table (%2$s)
            language plpgsql stable rows 10 %3$s as $f$
        #variable_conflict use_column
        declare
            probe %4$s := wanted::%4$s;
        begin
            if ids is not null then
                return query %6$s;
            elsif by_metadata then
                return query %7$s;
            else
                return query %8$s;
            end if;
        end
        $f$ $make$, takes, gives, settings, own, near,
        format(query, columns,
               format(those, kept || 'and m.external_id = any(ids) and (condition is null or m.metadata @@ condition)'), near),
        format(query, columns, format(those, kept || 'and m.metadata @@ condition'), near),
        format(query, columns, format(each, kept || 'and (condition is null or m.metadata @@ condition)'), near));
end
$$;

-- Gives vectors of memories their type and their length, and makes what looks for them; does nothing where it is done.
-- Vectors of another length go, for they are made of the contents again, unless a memory is nothing but its vector.
create function selfupgrade.prepare_memory_vectors(its_dimension integer, half boolean default false) returns text
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    now record;
    home text;
    wanted text;
    own text;
    bare bigint;
    one text;
begin
    perform pg_advisory_xact_lock(hashtextextended('selfupgrade.memory_vectors', 0));
    select s.* into now from selfupgrade.memory_set_up() s;
    home := selfupgrade.home_of_vectors();
    wanted := case when home is null then 'real' when now.kind <> 'real' and now.dimension = its_dimension then now.kind
                   when half then 'halfvec' else 'vector' end;
    if now.dimension = its_dimension and now.kind = wanted then
        return wanted;
    end if;
    if its_dimension not between 1 and 4000 then
        raise exception '% dimensions: expected 1 to 4000', its_dimension using errcode = 'invalid_parameter_value';
    end if;
    lock table selfupgrade.memories in share row exclusive mode;
    lock table selfupgrade.memory_vectors, selfupgrade.memory_fresh_vectors in access exclusive mode;
    if now.dimension not in (0, its_dimension) then
        select count(*) into bare
          from (select v.memory, v.at from selfupgrade.memory_vectors v
                union all select v.memory, v.at from selfupgrade.memory_fresh_vectors v) v
          join selfupgrade.memories m on m.id = v.memory and m.created_at = v.at
         where m.content in ('', chr(8288));
        if bare > 0 then
            raise exception '% memories are only vectors of % numbers', bare, now.dimension
                using errcode = 'object_not_in_prerequisite_state', hint = 'remove them first';
        end if;
        delete from selfupgrade.memory_vectors;
        delete from selfupgrade.memory_fresh_vectors;
    end if;
    own := case wanted when 'real' then 'real[]' else format('%I.%I(%s)', home, wanted, its_dimension) end;
    drop index if exists selfupgrade.memory_vectors_near;
    foreach one in array array['memory_vectors', 'memory_fresh_vectors'] loop
        execute format('alter table selfupgrade.%I drop constraint if exists of_one_length', one);
        execute format('alter table selfupgrade.%I alter column embedding type %s using embedding::real[]::%s', one, own, own);
        if wanted = 'real' then
            execute format('alter table selfupgrade.%I add constraint of_one_length check (cardinality(embedding) = %s)',
                           one, its_dimension);
        end if;
        execute format('alter table selfupgrade.%I alter column embedding set storage %s', one,
                       case when its_dimension > case wanted when 'halfvec' then 3800 else 1900 end then 'external' else 'plain' end);
    end loop;
    if wanted <> 'real' then
        execute case wanted
            when 'halfvec' then
                format('create index memory_vectors_near on selfupgrade.memory_vectors using hnsw (embedding %I.halfvec_cosine_ops)
                        with (m = 16, ef_construction = 64)', home)
            else
                format('create index memory_vectors_near on selfupgrade.memory_vectors
                         using hnsw ((%1$I.l2_normalize(embedding)::%1$I.halfvec(%2$s)) %1$I.halfvec_cosine_ops)
                        with (m = 16, ef_construction = 64)', home, its_dimension) end;
        perform selfupgrade.make_memory_search(wanted, its_dimension, home);
        perform selfupgrade.secure_tables();
    end if;
    return wanted;
end
$$;
comment on function selfupgrade.prepare_memory_vectors is
    'makes room for vectors of memories: vector or halfvec of pgvector, installed if it can be, else real[]; returns which';

-- Makes the index that finds words as a language writes them; simple has its own.
create function selfupgrade.prepare_memory_words(language text) returns void
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    known regconfig := language::regconfig;
    name text := 'memories_words_' || known::oid;
begin
    if to_regclass('selfupgrade.' || name) is null then
        perform pg_advisory_xact_lock(hashtextextended('selfupgrade.memory_words', 0));
        execute format('create index if not exists %I on selfupgrade.memories using gin (to_tsvector(%L::regconfig, content))',
                       name, known::text);
    end if;
end
$$;
comment on function selfupgrade.prepare_memory_words is
    'makes the index of words for a text search configuration of Postgres, such as english';

select selfupgrade.secure_tables();

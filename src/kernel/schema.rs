//! The tables, as diesel knows them: one entry a table, in the order of the migrations.
//! `tests/suite/portability.rs` compares them with what the migrations make on both engines.

diesel::table! {
    audit_events (id) {
        id -> Text,
        change_number -> BigInt,
        at -> Timestamp,
        product_id -> Nullable<Text>,
        actor_kind -> Text,
        actor_id -> Nullable<Text>,
        request_id -> Nullable<Text>,
        action -> Text,
        resource -> Text,
        row_id -> Text,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
    }
}

diesel::table! {
    tombstones (resource, row_id) {
        resource -> Text,
        row_id -> Text,
        product_id -> Nullable<Text>,
        deleted_at -> Timestamp,
        change_number -> BigInt,
    }
}

diesel::table! {
    idempotency_keys (caller, method, path, key) {
        caller -> Text,
        method -> Text,
        path -> Text,
        key -> Text,
        fingerprint -> Text,
        answer -> Nullable<Text>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    users (id) {
        id -> Text,
        email -> Text,
        email_folded -> Text,
        name -> Text,
        password_hash -> Nullable<Text>,
        admin -> Bool,
        disabled -> Bool,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        user_id -> Text,
        token_hash -> Text,
        created_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    login_failures (id) {
        id -> Text,
        account -> Text,
        address -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    products (id) {
        id -> Text,
        key -> Text,
        name -> Text,
        definition -> Text,
        ref_prefix -> Text,
        timezone -> Text,
        currency -> Text,
        fiscal_year_start -> BigInt,
        labour_from -> Text,
        full_time_week_hours -> BigInt,
        publish_day -> Nullable<BigInt>,
        published_through -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    members (id) {
        id -> Text,
        product_id -> Text,
        user_id -> Text,
        role -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    team_members (id) {
        id -> Text,
        product_id -> Text,
        name -> Text,
        hours_per_week -> BigInt,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    labour_rates (id) {
        id -> Text,
        product_id -> Text,
        valid_from -> Date,
        amount_units -> BigInt,
        amount_parts -> BigInt,
        currency -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    components (id) {
        id -> Text,
        product_id -> Text,
        key -> Text,
        name -> Text,
        kind -> Text,
        lifecycle -> Text,
        tier -> Nullable<BigInt>,
        owner -> Nullable<Text>,
        description -> Text,
        system -> Nullable<Text>,
        domain -> Nullable<Text>,
        tags -> Text,
        links -> Text,
        rto_minutes -> Nullable<BigInt>,
        rpo_minutes -> Nullable<BigInt>,
        availability -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    component_dependencies (product_id, component, depends_on) {
        product_id -> Text,
        component -> Text,
        depends_on -> Text,
    }
}

diesel::table! {
    recovery_tests (id) {
        id -> Text,
        product_id -> Text,
        component -> Text,
        tested_on -> Date,
        scenario -> Text,
        result -> Text,
        achieved_rto_minutes -> Nullable<BigInt>,
        achieved_rpo_minutes -> Nullable<BigInt>,
        evidence -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    catalog_entities (product_id, entity) {
        product_id -> Text,
        entity -> Text,
        document -> Text,
    }
}

diesel::table! {
    effort_weeks (id) {
        id -> Text,
        product_id -> Text,
        week -> Text,
        monday -> Date,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    effort_shares (product_id, week, position) {
        product_id -> Text,
        week -> Text,
        position -> BigInt,
        monday -> Date,
        person -> Nullable<Text>,
        component -> Nullable<Text>,
        kind -> Text,
        share -> BigInt,
    }
}

diesel::table! {
    activities (id) {
        id -> Text,
        product_id -> Text,
        done_on -> Date,
        started_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        component -> Nullable<Text>,
        kind -> Text,
        planned -> Bool,
        summary -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    cost_entries (id) {
        id -> Text,
        product_id -> Text,
        component -> Nullable<Text>,
        month -> Text,
        category -> Text,
        nature -> Text,
        amount_units -> BigInt,
        amount_parts -> BigInt,
        currency -> Text,
        hours -> Nullable<BigInt>,
        note -> Text,
        source -> Text,
        external_id -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    exchange_rates (id) {
        id -> Text,
        product_id -> Text,
        from_currency -> Text,
        to_currency -> Text,
        month -> Text,
        rate -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    reports (id) {
        id -> Text,
        product_id -> Text,
        month -> Text,
        revision -> BigInt,
        state -> Text,
        built_at -> Timestamp,
        published_at -> Nullable<Timestamp>,
        reason -> Text,
        hash -> Nullable<Text>,
        document -> Text,
        html -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    report_facts (report_id, name) {
        report_id -> Text,
        product_id -> Text,
        position -> BigInt,
        name -> Text,
        value -> Nullable<Text>,
        currency -> Nullable<Text>,
        unknown -> Nullable<Text>,
        unit -> Text,
        formula -> Text,
        inputs -> Text,
        rows -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    audit_events,
    tombstones,
    idempotency_keys,
    users,
    sessions,
    login_failures,
    products,
    members,
    team_members,
    labour_rates,
    components,
    component_dependencies,
    recovery_tests,
    catalog_entities,
    effort_weeks,
    effort_shares,
    activities,
    cost_entries,
    exchange_rates,
    reports,
    report_facts,
);

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
        on_behalf_of -> Nullable<Text>,
        address -> Nullable<Text>,
        session -> Nullable<Text>,
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
        disabled_at -> Nullable<Timestamp>,
        erased_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        user_id -> Text,
        kind -> Text,
        token_hash -> Text,
        previous_hash -> Nullable<Text>,
        rotated_at -> Nullable<Timestamp>,
        address -> Text,
        client -> Text,
        created_at -> Timestamp,
        last_seen_at -> Timestamp,
        expires_at -> Timestamp,
        version -> BigInt,
    }
}

diesel::table! {
    attempts (id) {
        id -> Text,
        kind -> Text,
        subject -> Text,
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
        publishes_since -> Nullable<Timestamp>,
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
    catalog_entities (id) {
        id -> Text,
        product_id -> Text,
        entity -> Text,
        kind -> Text,
        namespace -> Text,
        name -> Text,
        title -> Nullable<Text>,
        owner -> Nullable<Text>,
        system -> Nullable<Text>,
        domain -> Nullable<Text>,
        component -> Nullable<Text>,
        time_saved_minutes -> Nullable<BigInt>,
        unresolved -> Text,
        document -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
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
        roadmap_item -> Nullable<Text>,
        kind -> Text,
        share -> BigInt,
    }
}

diesel::table! {
    effort_templates (id) {
        id -> Text,
        product_id -> Text,
        name -> Text,
        kind -> Text,
        component -> Nullable<Text>,
        roadmap_item -> Nullable<Text>,
        share -> BigInt,
        turn -> Text,
        first_week -> Text,
        last_week -> Nullable<Text>,
        every_weeks -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    effort_template_people (product_id, template, position) {
        product_id -> Text,
        template -> Text,
        position -> BigInt,
        person -> Text,
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
        incident -> Nullable<Text>,
        roadmap_item -> Nullable<Text>,
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
    bills (id) {
        id -> Text,
        product_id -> Text,
        source -> Text,
        provider -> Text,
        billing_account -> Text,
        billing_period -> Text,
        state -> Text,
        lines -> BigInt,
        digest -> Text,
        totals -> Text,
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
        roadmap_item -> Nullable<Text>,
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
        bill_id -> Nullable<Text>,
        billed_units -> Nullable<BigInt>,
        billed_parts -> Nullable<BigInt>,
        provider -> Nullable<Text>,
        billing_account -> Nullable<Text>,
        billing_period -> Nullable<Text>,
        service_name -> Nullable<Text>,
        sub_account -> Nullable<Text>,
        resource_id -> Nullable<Text>,
        tags -> Nullable<Text>,
        extra -> Nullable<Text>,
    }
}

diesel::table! {
    allocation_rules (id) {
        id -> Text,
        product_id -> Text,
        rule_order -> BigInt,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        service_name -> Nullable<Text>,
        sub_account -> Nullable<Text>,
        resource_id -> Nullable<Text>,
        tags -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    allocation_targets (product_id, rule, position) {
        product_id -> Text,
        rule -> Text,
        position -> BigInt,
        component -> Text,
        share -> BigInt,
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
    budgets (id) {
        id -> Text,
        product_id -> Text,
        component -> Nullable<Text>,
        fiscal_year -> Text,
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
    feedback (id) {
        id -> Text,
        product_id -> Text,
        persona -> Nullable<Text>,
        component -> Nullable<Text>,
        kind -> Text,
        text -> Text,
        text_nfc -> Text,
        asked_by -> Nullable<Text>,
        status -> Text,
        created_by -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    feedback_duplicates (product_id, feedback) {
        product_id -> Text,
        feedback -> Text,
        original -> Text,
    }
}

diesel::table! {
    feedback_votes (product_id, feedback, user_id) {
        product_id -> Text,
        feedback -> Text,
        user_id -> Text,
    }
}

diesel::table! {
    roadmap_feedback (product_id, roadmap_item, feedback) {
        product_id -> Text,
        roadmap_item -> Text,
        feedback -> Text,
    }
}

diesel::table! {
    roadmap_risks (product_id, roadmap_item, risk) {
        product_id -> Text,
        roadmap_item -> Text,
        risk -> Text,
    }
}

diesel::table! {
    surveys (id) {
        id -> Text,
        product_id -> Text,
        kind -> Text,
        persona -> Nullable<Text>,
        period -> Text,
        question -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    survey_responses (id) {
        id -> Text,
        product_id -> Text,
        survey -> Text,
        score -> BigInt,
        comment -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    survey_link_batches (id) {
        id -> Text,
        product_id -> Text,
        survey -> Text,
        links -> BigInt,
        expires_at -> Timestamp,
        created_by -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    survey_links (token_hash) {
        token_hash -> Text,
        batch -> Text,
        used -> Bool,
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
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    report_renderings (report_id, audience, format) {
        report_id -> Text,
        audience -> Text,
        format -> Text,
        body -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    report_commentaries (id) {
        id -> Text,
        product_id -> Text,
        report_id -> Text,
        section -> Text,
        text -> Text,
        author -> Nullable<Text>,
        author_name -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    share_links (id) {
        id -> Text,
        product_id -> Text,
        report_id -> Text,
        audience -> Text,
        token_hash -> Text,
        expires_at -> Timestamp,
        reads -> BigInt,
        created_by -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    report_runs (product_id, month, act) {
        product_id -> Text,
        month -> Text,
        act -> Text,
        report_id -> Nullable<Text>,
        at -> Timestamp,
    }
}

diesel::table! {
    report_deliveries (id) {
        id -> Text,
        product_id -> Text,
        report_id -> Text,
        stakeholder -> Text,
        address -> Text,
        state -> Text,
        attempts -> BigInt,
        next_at -> Nullable<Timestamp>,
        sent_at -> Nullable<Timestamp>,
        problem -> Nullable<Text>,
        share_link -> Nullable<Text>,
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

diesel::table! {
    personas (id) {
        id -> Text,
        product_id -> Text,
        name -> Text,
        name_nfc -> Text,
        role -> Text,
        context -> Text,
        goals -> Text,
        pains -> Text,
        skill_level -> Nullable<Text>,
        quote -> Text,
        retired_on -> Nullable<Date>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    persona_populations (id) {
        id -> Text,
        product_id -> Text,
        persona -> Text,
        valid_from -> Date,
        people -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    persona_journeys (id) {
        id -> Text,
        product_id -> Text,
        persona -> Text,
        component -> Text,
        task -> Text,
        task_nfc -> Text,
        observed_on -> Date,
        uses_per_month -> BigInt,
        minutes_per_use -> BigInt,
        satisfaction -> Nullable<BigInt>,
        source -> Text,
        sample_size -> Nullable<BigInt>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    principles (id) {
        id -> Text,
        product_id -> Text,
        statement -> Text,
        statement_nfc -> Text,
        rationale -> Text,
        implications -> Text,
        rank -> BigInt,
        retired_on -> Nullable<Date>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    principle_adherence (id) {
        id -> Text,
        product_id -> Text,
        principle -> Text,
        component -> Text,
        level -> Text,
        evidence -> Text,
        assessed_on -> Date,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    stakeholders (id) {
        id -> Text,
        product_id -> Text,
        name -> Text,
        name_nfc -> Text,
        stakeholder_group -> Text,
        email -> Nullable<Text>,
        user_id -> Nullable<Text>,
        locale -> Nullable<Text>,
        retired_on -> Nullable<Date>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    stakeholder_components (product_id, stakeholder, component) {
        product_id -> Text,
        stakeholder -> Text,
        component -> Text,
    }
}

diesel::table! {
    slos (id) {
        id -> Text,
        product_id -> Text,
        key -> Text,
        name -> Text,
        component -> Text,
        description -> Text,
        indicator_good -> Text,
        indicator_total -> Text,
        target -> BigInt,
        slo_window -> Text,
        budgeting_method -> Text,
        slice_target -> Nullable<BigInt>,
        bucket_seconds -> BigInt,
        retired_on -> Nullable<Date>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    slo_targets (id) {
        id -> Text,
        product_id -> Text,
        slo -> Text,
        valid_from -> Date,
        target -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    slo_measurements (slo_id, bucket) {
        slo_id -> Text,
        bucket -> BigInt,
        good -> BigInt,
        total -> BigInt,
    }
}

diesel::table! {
    slo_days (slo_id, day) {
        slo_id -> Text,
        product_id -> Text,
        day -> Date,
        buckets -> BigInt,
        slices -> BigInt,
        good_slices -> BigInt,
        ratios -> BigInt,
        good -> BigInt,
        total -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    openslo_objects (product_id, object) {
        product_id -> Text,
        object -> Text,
        document -> Text,
    }
}

diesel::table! {
    incidents (id) {
        id -> Text,
        product_id -> Text,
        title -> Text,
        severity -> BigInt,
        started_at -> Timestamp,
        detected_at -> Nullable<Timestamp>,
        resolved_at -> Nullable<Timestamp>,
        customer_minutes -> Nullable<BigInt>,
        summary -> Text,
        cause -> Text,
        external_id -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    incident_components (product_id, incident, component) {
        product_id -> Text,
        incident -> Text,
        component -> Text,
    }
}

diesel::table! {
    roadmap_items (id) {
        id -> Text,
        product_id -> Text,
        item_ref -> Text,
        title -> Text,
        problem -> Text,
        outcome -> Text,
        description -> Text,
        kind -> Text,
        horizon -> Text,
        rank -> Text,
        status -> Text,
        owner -> Nullable<Text>,
        start_on -> Nullable<Date>,
        target_on -> Nullable<Date>,
        shipped_on -> Nullable<Date>,
        rice -> Nullable<Text>,
        wsjf -> Nullable<Text>,
        tags -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
        strategy_version -> Nullable<BigInt>,
        planned_at -> Nullable<Timestamp>,
        promised_on -> Nullable<Date>,
        dropped_because -> Nullable<Text>,
        links -> Text,
    }
}

diesel::table! {
    roadmap_history (product_id, item_ref, sequence) {
        product_id -> Text,
        item_ref -> Text,
        sequence -> BigInt,
        item_id -> Text,
        at -> Timestamp,
        actor_kind -> Text,
        person -> Nullable<Text>,
        action -> Text,
        version -> BigInt,
        rank -> Text,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
    }
}

diesel::table! {
    roadmap_comments (id) {
        id -> Text,
        product_id -> Text,
        roadmap_item -> Text,
        text -> Text,
        author -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    roadmap_counters (product_id) {
        product_id -> Text,
        last -> BigInt,
    }
}

diesel::table! {
    roadmap_dependencies (product_id, roadmap_item, depends_on) {
        product_id -> Text,
        roadmap_item -> Text,
        depends_on -> Text,
    }
}

diesel::table! {
    roadmap_personas (product_id, roadmap_item, persona) {
        product_id -> Text,
        roadmap_item -> Text,
        persona -> Text,
    }
}

diesel::table! {
    roadmap_components (product_id, roadmap_item, component) {
        product_id -> Text,
        roadmap_item -> Text,
        component -> Text,
    }
}

diesel::table! {
    roadmap_slos (product_id, roadmap_item, slo) {
        product_id -> Text,
        roadmap_item -> Text,
        slo -> Text,
    }
}

diesel::table! {
    roadmap_incidents (product_id, roadmap_item, incident) {
        product_id -> Text,
        roadmap_item -> Text,
        incident -> Text,
    }
}

diesel::table! {
    risks (id) {
        id -> Text,
        product_id -> Text,
        component -> Text,
        title -> Text,
        description -> Text,
        owner -> Nullable<Text>,
        status -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    risk_assessments (id) {
        id -> Text,
        product_id -> Text,
        risk -> Text,
        assessed_on -> Date,
        loss_units -> BigInt,
        loss_parts -> BigInt,
        loss_currency -> Text,
        annual_rate -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    value_drivers (id) {
        id -> Text,
        product_id -> Text,
        name -> Text,
        name_nfc -> Text,
        kind -> Text,
        stakeholder -> Nullable<Text>,
        source -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    value_driver_amounts (product_id, value_driver, valid_from) {
        product_id -> Text,
        value_driver -> Text,
        valid_from -> Date,
        amount_units -> BigInt,
        amount_parts -> BigInt,
        currency -> Text,
        agreed_at -> Nullable<Timestamp>,
        agreed_by -> Nullable<Text>,
    }
}

diesel::table! {
    value_driver_components (product_id, value_driver, component) {
        product_id -> Text,
        value_driver -> Text,
        component -> Text,
    }
}

diesel::table! {
    value_driver_slos (product_id, value_driver, slo) {
        product_id -> Text,
        value_driver -> Text,
        slo -> Text,
    }
}

diesel::table! {
    impact_claims (id) {
        id -> Text,
        product_id -> Text,
        title -> Text,
        roadmap_item -> Nullable<Text>,
        component -> Nullable<Text>,
        method -> Nullable<Text>,
        input_component -> Nullable<Text>,
        input_slo -> Nullable<Text>,
        input_persona -> Nullable<Text>,
        input_task -> Nullable<Text>,
        input_risk -> Nullable<Text>,
        value_driver -> Nullable<Text>,
        benefit -> Text,
        from_month -> Text,
        to_month -> Text,
        baseline -> Nullable<Text>,
        frozen -> Nullable<Text>,
        expected_monthly -> Nullable<Text>,
        attribution -> Text,
        counterfactual -> Text,
        confidence -> Text,
        evidence -> Text,
        reinvested_in -> Text,
        narrative -> Text,
        stakeholder -> Nullable<Text>,
        state -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
        input_key_result -> Nullable<Text>,
    }
}

diesel::table! {
    impact_expectations (product_id, impact_claim) {
        product_id -> Text,
        impact_claim -> Text,
        roadmap_item -> Text,
        title -> Text,
        benefit -> Text,
        from_month -> Text,
        to_month -> Text,
        expected_monthly -> Text,
        given_at -> Timestamp,
    }
}

diesel::table! {
    impact_acceptances (product_id, impact_claim, month) {
        product_id -> Text,
        impact_claim -> Text,
        month -> Text,
        digest -> Text,
        stakeholder -> Text,
        accepted_at -> Timestamp,
    }
}

diesel::table! {
    impact_comments (id) {
        id -> Text,
        product_id -> Text,
        impact_claim -> Text,
        kind -> Text,
        text -> Text,
        author -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    decisions (id) {
        id -> Text,
        product_id -> Text,
        question -> Text,
        options -> Text,
        due_on -> Nullable<Date>,
        cost_of_delay -> Nullable<Text>,
        stakeholder -> Nullable<Text>,
        answer -> Nullable<Text>,
        answered_at -> Nullable<Timestamp>,
        answered_by -> Nullable<Text>,
        recorded_by -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    mappings (id) {
        id -> Text,
        product_id -> Text,
        name -> Text,
        format -> Text,
        description -> Text,
        delimiter -> Text,
        decimal_sign -> Text,
        timezone -> Nullable<Text>,
        column_rules -> Text,
        only_lines -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    api_tokens (id) {
        id -> Text,
        user_id -> Text,
        member_id -> Text,
        product_id -> Text,
        product -> Text,
        role -> Text,
        name -> Text,
        token_hash -> Text,
        expires_at -> Timestamp,
        last_used_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    export_urls (id) {
        id -> Text,
        product_id -> Text,
        member_id -> Text,
        dataset -> Text,
        filters -> Text,
        role -> Text,
        token_hash -> Text,
        expires_at -> Timestamp,
        reads -> BigInt,
        created_by -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    change_numbers (id) {
        id -> BigInt,
        ahead -> BigInt,
    }
}

diesel::table! {
    invitations (id) {
        id -> Text,
        product_id -> Nullable<Text>,
        product -> Nullable<Text>,
        role -> Nullable<Text>,
        admin -> Bool,
        email -> Text,
        email_folded -> Text,
        token_hash -> Text,
        invited_by -> Nullable<Text>,
        expires_at -> Timestamp,
        accepted_at -> Nullable<Timestamp>,
        accepted_by -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    documents (id) {
        id -> Text,
        product_id -> Text,
        kind -> Text,
        version_number -> Nullable<BigInt>,
        content -> Text,
        published_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    objectives (id) {
        id -> Text,
        product_id -> Text,
        title -> Text,
        rationale -> Text,
        period -> Text,
        status -> Text,
        strategy_version -> Nullable<BigInt>,
        closed_on -> Nullable<Date>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    key_results (id) {
        id -> Text,
        product_id -> Text,
        objective -> Text,
        title -> Text,
        unit -> Text,
        baseline -> BigInt,
        target -> BigInt,
        direction -> Text,
        closing_value -> Nullable<BigInt>,
        closing_on -> Nullable<Date>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    check_ins (id) {
        id -> Text,
        product_id -> Text,
        key_result -> Text,
        checked_on -> Date,
        value -> BigInt,
        note -> Text,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        version -> BigInt,
        change_number -> BigInt,
    }
}

diesel::table! {
    roadmap_objectives (product_id, roadmap_item, objective) {
        product_id -> Text,
        roadmap_item -> Text,
        objective -> Text,
    }
}

diesel::table! {
    stakeholder_objectives (product_id, stakeholder, objective) {
        product_id -> Text,
        stakeholder -> Text,
        objective -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    audit_events,
    tombstones,
    idempotency_keys,
    users,
    sessions,
    attempts,
    api_tokens,
    export_urls,
    products,
    members,
    team_members,
    labour_rates,
    documents,
    objectives,
    key_results,
    check_ins,
    components,
    component_dependencies,
    recovery_tests,
    catalog_entities,
    effort_weeks,
    effort_shares,
    effort_templates,
    effort_template_people,
    activities,
    bills,
    cost_entries,
    exchange_rates,
    budgets,
    allocation_rules,
    allocation_targets,
    reports,
    report_facts,
    feedback,
    feedback_duplicates,
    feedback_votes,
    roadmap_feedback,
    roadmap_risks,
    surveys,
    survey_responses,
    survey_link_batches,
    survey_links,
    personas,
    persona_populations,
    persona_journeys,
    principles,
    principle_adherence,
    stakeholders,
    stakeholder_components,
    stakeholder_objectives,
    slos,
    slo_targets,
    slo_measurements,
    slo_days,
    incidents,
    incident_components,
    roadmap_items,
    roadmap_dependencies,
    roadmap_personas,
    roadmap_components,
    roadmap_slos,
    roadmap_incidents,
    roadmap_objectives,
    risks,
    risk_assessments,
    value_drivers,
    value_driver_amounts,
    value_driver_components,
    value_driver_slos,
    impact_claims,
    impact_acceptances,
    impact_expectations,
    impact_comments,
    decisions,
);

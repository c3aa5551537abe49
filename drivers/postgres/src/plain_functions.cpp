// SPDX-License-Identifier: BSL-1.0
#include "plain_functions.hpp"

#include <podpool/detail/lower_case.hpp>
#include <podpool/detail/word_list.hpp>

#include <algorithm>
#include <array>

namespace podpool::detail {

namespace {

// Left out on purpose, beside what names itself (set_config, nextval, setval, pg_advisory_lock):
// currval and lastval, which tell what the session did before; setseed, which nothing resets; ts_stat,
// ts_rewrite, query_to_xml, cursor_to_xml and their kin, which run SQL from a string; large objects, whose
// descriptors and files are a world of their own; what an administrator does to the server, to backups, to
// replication (some of that is bound to the session) or to statistics; everything with XML.

constexpr auto aggregates = make_word_list(  //
    "any_value", "array_agg", "avg", "bit_and", "bit_or", "bit_xor", "bool_and", "bool_or", "corr", "count",
    "covar_pop", "covar_samp", "cume_dist", "dense_rank", "every", "first_value", "grouping", "json_agg",
    "json_object_agg", "jsonb_agg", "jsonb_object_agg", "lag", "last_value", "lead", "max", "min", "mode",
    "nth_value", "ntile", "percent_rank", "percentile_cont", "percentile_disc", "range_agg",
    "range_intersect_agg", "rank", "regr_avgx", "regr_avgy", "regr_count", "regr_intercept", "regr_r2",
    "regr_slope", "regr_sxx", "regr_sxy", "regr_syy", "row_number", "stddev", "stddev_pop", "stddev_samp",
    "string_agg", "sum", "var_pop", "var_samp", "variance");

constexpr auto texts = make_word_list(  //
    "ascii", "bit_count", "bit_length", "btrim", "casefold", "char_length", "character_length", "chr",
    "concat", "concat_ws", "convert", "convert_from", "convert_to", "crc32", "crc32c", "decode", "encode",
    "format", "get_bit", "get_byte", "hashtext", "hashtextextended", "initcap", "is_normalized", "left",
    "length", "like", "lower", "lpad", "ltrim", "md5", "normalize", "notlike", "octet_length", "overlay",
    "parse_ident", "position", "quote_ident", "quote_literal", "quote_nullable", "regexp_count",
    "regexp_instr", "regexp_like", "regexp_match", "regexp_matches", "regexp_replace",
    "regexp_split_to_array", "regexp_split_to_table", "regexp_substr", "repeat", "replace", "reverse",
    "right", "rpad", "rtrim", "set_bit", "set_byte", "sha224", "sha256", "sha384", "sha512", "split_part",
    "starts_with", "string_to_array", "string_to_table", "strpos", "substr", "substring", "text", "to_ascii",
    "to_bin", "to_char", "to_hex", "to_number", "to_oct", "translate", "unistr", "upper");

constexpr auto numbers = make_word_list(  //
    "abs", "acos", "acosd", "acosh", "asin", "asind", "asinh", "atan", "atan2", "atan2d", "atand", "atanh",
    "bool", "cbrt", "ceil", "ceiling", "cos", "cosd", "cosh", "cot", "cotd", "degrees", "div", "exp",
    "factorial", "float4", "float8", "floor", "gcd", "int2", "int4", "int8", "lcm", "ln", "log", "log10",
    "min_scale", "mod", "money", "oid", "pi", "pow", "power", "radians", "random", "random_normal", "round",
    "scale", "sign", "sin", "sind", "sinh", "sqrt", "tan", "tand", "tanh", "trim_scale", "trunc",
    "width_bucket");

constexpr auto times = make_word_list(  //
    "age", "clock_timestamp", "date", "date_add", "date_bin", "date_part", "date_subtract", "date_trunc",
    "extract", "isfinite", "justify_days", "justify_hours", "justify_interval", "make_date", "make_interval",
    "make_time", "make_timestamp", "make_timestamptz", "now", "overlaps", "pg_sleep", "pg_sleep_for",
    "pg_sleep_until", "statement_timestamp", "timeofday", "timestamptz", "timezone", "to_date",
    "to_timestamp", "transaction_timestamp");

constexpr auto json = make_word_list(  //
    "array_to_json", "json_array_elements", "json_array_elements_text", "json_array_length",
    "json_build_array", "json_build_object", "json_each", "json_each_text", "json_extract_path",
    "json_extract_path_text", "json_object", "json_object_keys", "json_populate_record",
    "json_populate_recordset", "json_strip_nulls", "json_to_record", "json_to_recordset", "json_typeof",
    "jsonb_array_elements", "jsonb_array_elements_text", "jsonb_array_length", "jsonb_build_array",
    "jsonb_build_object", "jsonb_each", "jsonb_each_text", "jsonb_extract_path", "jsonb_extract_path_text",
    "jsonb_insert", "jsonb_object", "jsonb_object_keys", "jsonb_path_exists", "jsonb_path_exists_tz",
    "jsonb_path_match", "jsonb_path_match_tz", "jsonb_path_query", "jsonb_path_query_array",
    "jsonb_path_query_array_tz", "jsonb_path_query_first", "jsonb_path_query_first_tz", "jsonb_path_query_tz",
    "jsonb_populate_record", "jsonb_populate_recordset", "jsonb_pretty", "jsonb_set", "jsonb_set_lax",
    "jsonb_strip_nulls", "jsonb_to_record", "jsonb_to_recordset", "jsonb_typeof", "row_to_json", "to_json",
    "to_jsonb");

constexpr auto arrays_ranges_sets = make_word_list(  //
    "array_append", "array_cat", "array_dims", "array_fill", "array_length", "array_lower", "array_ndims",
    "array_position", "array_positions", "array_prepend", "array_remove", "array_replace", "array_reverse",
    "array_sample", "array_shuffle", "array_sort", "array_to_string", "array_upper", "cardinality",
    "datemultirange", "daterange", "enum_first", "enum_last", "enum_range", "generate_series",
    "generate_subscripts", "int4multirange", "int4range", "int8multirange", "int8range", "isempty",
    "lower_inc", "lower_inf", "multirange", "num_nonnulls", "num_nulls", "nummultirange", "numrange",
    "range_merge", "trim_array", "tsmultirange", "tsrange", "tstzmultirange", "tstzrange", "unnest",
    "upper_inc", "upper_inf");

constexpr auto other_types = make_word_list(  //
    "abbrev", "area", "array_to_tsvector", "bound_box", "box", "broadcast", "center", "circle", "diagonal",
    "diameter", "family", "gen_random_uuid", "get_current_ts_config", "height", "host", "hostmask",
    "inet_merge", "inet_same_family", "isclosed", "isopen", "json_to_tsvector", "jsonb_to_tsvector", "line",
    "lseg", "masklen", "netmask", "network", "npoints", "numnode", "path", "pclose", "phraseto_tsquery",
    "plainto_tsquery", "point", "polygon", "popen", "querytree", "radius", "set_masklen", "setweight",
    "slope", "strip", "to_tsquery", "to_tsvector", "ts_delete", "ts_filter", "ts_headline", "ts_rank",
    "ts_rank_cd", "tsquery_phrase", "tsvector_to_array", "uuid_extract_timestamp", "uuid_extract_version",
    "uuidv4", "uuidv7", "websearch_to_tsquery", "width");

constexpr auto about_the_server = make_word_list(  //
    "current_database", "current_query", "current_schema", "current_schemas", "current_setting",
    "inet_client_addr", "inet_client_port", "inet_server_addr", "inet_server_port", "pg_advisory_xact_lock",
    "pg_advisory_xact_lock_shared", "pg_backend_pid", "pg_blocking_pids", "pg_client_encoding",
    "pg_conf_load_time", "pg_control_checkpoint", "pg_control_init", "pg_control_recovery",
    "pg_control_system", "pg_current_snapshot", "pg_current_wal_flush_lsn", "pg_current_wal_insert_lsn",
    "pg_current_wal_lsn", "pg_current_xact_id", "pg_current_xact_id_if_assigned", "pg_is_in_recovery",
    "pg_last_wal_receive_lsn", "pg_last_wal_replay_lsn", "pg_last_xact_replay_timestamp",
    "pg_listening_channels", "pg_notification_queue_usage", "pg_notify", "pg_postmaster_start_time",
    "pg_snapshot_xip", "pg_snapshot_xmax", "pg_snapshot_xmin", "pg_trigger_depth",
    "pg_try_advisory_xact_lock", "pg_try_advisory_xact_lock_shared", "pg_visible_in_snapshot",
    "pg_wal_lsn_diff", "pg_walfile_name", "pg_xact_status", "txid_current", "txid_current_if_assigned",
    "txid_current_snapshot", "txid_snapshot_xip", "txid_snapshot_xmax", "txid_snapshot_xmin", "txid_status",
    "txid_visible_in_snapshot", "version");

constexpr auto about_objects = make_word_list(  //
    "col_description", "format_type", "has_any_column_privilege", "has_column_privilege",
    "has_database_privilege", "has_foreign_data_wrapper_privilege", "has_function_privilege",
    "has_language_privilege", "has_parameter_privilege", "has_schema_privilege", "has_sequence_privilege",
    "has_server_privilege", "has_table_privilege", "has_tablespace_privilege", "has_type_privilege",
    "obj_description", "pg_char_to_encoding", "pg_collation_for", "pg_collation_is_visible", "pg_column_size",
    "pg_database_size", "pg_describe_object", "pg_encoding_to_char", "pg_function_is_visible",
    "pg_get_constraintdef", "pg_get_expr", "pg_get_function_arg_default", "pg_get_function_arguments",
    "pg_get_function_identity_arguments", "pg_get_function_result", "pg_get_functiondef", "pg_get_indexdef",
    "pg_get_keywords", "pg_get_partition_constraintdef", "pg_get_partkeydef", "pg_get_ruledef",
    "pg_get_serial_sequence", "pg_get_statisticsobjdef", "pg_get_triggerdef", "pg_get_userbyid",
    "pg_get_viewdef", "pg_has_role", "pg_identify_object", "pg_index_column_has_property",
    "pg_index_has_property", "pg_indexam_has_property", "pg_indexes_size", "pg_opclass_is_visible",
    "pg_operator_is_visible", "pg_opfamily_is_visible", "pg_options_to_table", "pg_partition_ancestors",
    "pg_partition_root", "pg_partition_tree", "pg_relation_filenode", "pg_relation_filepath",
    "pg_relation_size", "pg_size_bytes", "pg_size_pretty", "pg_table_is_visible", "pg_table_size",
    "pg_tablespace_location", "pg_tablespace_size", "pg_total_relation_size", "pg_ts_config_is_visible",
    "pg_ts_dict_is_visible", "pg_type_is_visible", "pg_typeof", "regclass", "row_security_active",
    "shobj_description", "to_regclass", "to_regcollation", "to_regnamespace", "to_regoper", "to_regoperator",
    "to_regproc", "to_regprocedure", "to_regrole", "to_regtype");

/// One list to look in, since most names that are looked for are there.
constexpr auto plain_functions = join_word_lists(aggregates, texts, numbers, times, json, arrays_ranges_sets,
                                                 other_types, about_the_server, about_objects);

}  // namespace

bool is_plain_function(std::string_view name) noexcept {
    return plain_functions.contains_ignoring_case(name);
}

bool is_plain_quoted_function(std::string_view name) noexcept { return plain_functions.contains(name); }

bool is_lasting_field(std::string_view name) noexcept {
    static constexpr std::array<std::string_view, 16> beginnings{
        "pg_advisory", "pg_try_advisory", "pg_replication", "pg_logical", "pg_backup", "pg_start_backup",
        "pg_stop",     "pg_create",       "pg_copy",        "lo_",        "nextval",   "currval",
        "setval",      "setseed",         "set_config",     "ts_stat"};
    return std::any_of(beginnings.begin(), beginnings.end(), [name](std::string_view beginning) {
        return equal_ignoring_case(name.substr(0, beginning.size()), beginning);
    });
}

}  // namespace podpool::detail

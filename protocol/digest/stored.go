package digest

import "bytes"

// CallsStored reports whether a statement may call a stored or loadable function: it calls one that servers don't have of themselves.
func CallsStored(sql []byte, o Options) bool {
	l := lexer{sql: sql, opts: o}
	var name []byte // of the token before, if that may be a function
	for {
		switch l.next() {
		case tokEnd:
			return false
		case tokWord:
			name = l.bytes()
			continue
		case tokQuoted:
			name = quotedName
			continue
		case tokOpen:
			if name != nil && !native(name) {
				return true
			}
		}
		name = nil
	}
}

// quotedName stands for every name in quotes: it is no native function's.
var quotedName = []byte("`")

// native reports whether servers have a function of that name, or the name is a word that stands before parentheses.
func native(name []byte) bool {
	var buf [64]byte
	if len(name) > len(buf) {
		return false
	}
	lower := append(buf[:0], name...)
	for i, c := range lower {
		if c >= 'A' && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return natives[string(lower)]
}

// natives are the functions of MariaDB 10.11 (information_schema.SQL_FUNCTIONS and its help tables) and of MySQL 9.7 (its help tables), and
// the words that may stand before parentheses in a query.
var natives = setOf(`
	abs acos add_months adddate addtime aes_decrypt aes_encrypt against all and any any_value area as asbinary ascii asin astext aswkb aswkt
	asymmetric_decrypt asymmetric_encrypt asymmetric_sign asymmetric_verify atan atan2 avg benchmark between bin bin_to_uuid binary
	binlog_gtid_pos bit_and bit_count bit_length bit_or bit_xor boundary buffer by can_access_column can_access_database can_access_table
	can_access_user can_access_view case cast ceil ceiling centroid char char_length character_length charset chr coalesce coercibility
	collate collation column_add column_check column_create column_delete column_exists column_get column_json column_list compress concat
	concat_operator_oracle concat_ws connection_id contains conv convert convert_tz convexhull cos cot count crc32 crc32c
	create_asymmetric_priv_key create_asymmetric_pub_key create_digest crosses cume_dist curdate current_date current_role current_time
	current_timestamp current_user curtime database date date_add date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear
	decimal decode decode_histogram decode_oracle default degrees dense_rank des_decrypt des_encrypt dimension disjoint distance distinct
	distinctrow div double else elt encode encrypt end endpoint envelope equals except exists exp export_set exteriorring extract extractvalue
	field find_in_set first_value float floor force format format_bytes format_pico_time found_rows from from_base64 from_days from_unixtime
	geomcollection geomcollfromtext geomcollfromwkb geometrycollection geometrycollectionfromtext geometrycollectionfromwkb geometryfromtext
	geometryfromwkb geometryn geometrytype geomfromtext geomfromwkb get_dd_column_privileges get_dd_create_options
	get_dd_index_sub_part_length get_format get_lock glength greatest group_concat grouping gtid_subset gtid_subtract having hex hour
	icu_version if ifnull ignore in index inet6_aton inet6_ntoa inet_aton inet_ntoa insert instr interiorringn internal_auto_increment
	internal_avg_row_length internal_check_time internal_checksum internal_data_free internal_data_length internal_dd_char_length
	internal_get_comment_or_error internal_get_enabled_role_json internal_get_hostname internal_get_username
	internal_get_view_warning_or_error internal_index_column_cardinality internal_index_length internal_is_enabled_role
	internal_is_mandatory_role internal_keys_disabled internal_max_data_length internal_table_rows internal_update_time intersect intersects
	interval into is is_free_lock is_ipv4 is_ipv4_compat is_ipv4_mapped is_ipv6 is_used_lock is_uuid is_visible_dd_object isclosed isempty
	isnull isring issimple join json_array json_array_append json_array_insert json_array_intersect json_arrayagg json_compact json_contains
	json_contains_path json_depth json_detailed json_equals json_exists json_extract json_insert json_key_value json_keys json_length
	json_loose json_merge json_merge_patch json_merge_preserve json_normalize json_object json_object_filter_keys json_object_to_array
	json_objectagg json_overlaps json_pretty json_query json_quote json_remove json_replace json_schema_valid json_schema_validation_report
	json_search json_set json_storage_free json_storage_size json_table json_type json_unquote json_valid json_value kdf key lag last_day
	last_insert_id last_value lateral lcase lead least left length lengthb like limit linefromtext linefromwkb linestring linestringfromtext
	linestringfromwkb ln load_file localtime localtimestamp locate log log10 log2 lower lpad lpad_oracle ltrim ltrim_oracle make_set makedate
	maketime master_gtid_wait master_pos_wait match max mbrcontains mbrcoveredby mbrcovers mbrdisjoint mbrequal mbrequals mbrintersects
	mbroverlaps mbrtouches mbrwithin md5 median microsecond mid min minute mlinefromtext mlinefromwkb mod month monthname mpointfromtext
	mpointfromwkb mpolyfromtext mpolyfromwkb multilinestring multilinestringfromtext multilinestringfromwkb multipoint multipointfromtext
	multipointfromwkb multipolygon multipolygonfromtext multipolygonfromwkb name_const natural_sort_key nchar not now nth_value ntile nullif
	numeric numgeometries numinteriorrings numpoints nvl nvl2 oct octet_length offset old_password on or ord over overlaps parentheses
	partition password percent_rank percentile_cont percentile_disc period_add period_diff pi point pointfromtext pointfromwkb pointn
	pointonsurface polyfromtext polyfromwkb polygon polygonfromtext polygonfromwkb position pow power primary ps_current_thread_id
	ps_thread_id quarter quote radians rand random_bytes rank recursive regexp regexp_instr regexp_like regexp_replace regexp_substr
	release_all_locks release_lock repeat replace replace_oracle reverse right rlike roles_graphml round row row_count row_number rownum rpad
	rpad_oracle rtrim rtrim_oracle schema schemas sec_to_time second select session_user set sformat sha sha1 sha2 sign signed sin sleep some
	soundex sounds source_pos_wait space sql_calc_found_rows sql_no_cache sqrt srid st_area st_asbinary st_asgeojson st_astext st_buffer
	st_buffer_strategy st_centroid st_collect st_contains st_convexhull st_crosses st_difference st_dimension st_disjoint st_distance
	st_distance_sphere st_endpoint st_envelope st_equals st_exteriorring st_frechetdistance st_geohash st_geomcollfromtext st_geomcollfromwkb
	st_geometryn st_geometrytype st_geomfromgeojson st_geomfromtext st_geomfromwkb st_hausdorffdistance st_interiorringn st_intersection
	st_intersects st_isclosed st_isempty st_issimple st_isvalid st_latfromgeohash st_latitude st_length st_linefromtext st_linefromwkb
	st_lineinterpolatepoint st_lineinterpolatepoints st_longfromgeohash st_longitude st_makeenvelope st_mlinefromtext st_mlinefromwkb
	st_mpointfromtext st_mpointfromwkb st_mpolyfromtext st_mpolyfromwkb st_numgeometries st_numinteriorrings st_numpoints st_overlaps
	st_pointatdistance st_pointfromgeohash st_pointfromtext st_pointfromwkb st_pointn st_polyfromtext st_polyfromwkb st_simplify st_srid
	st_startpoint st_swapxy st_symdifference st_touches st_transform st_union st_validate st_within st_x st_y startpoint statement_digest
	statement_digest_text std stddev stddev_pop stddev_samp str_to_date straight_join strcmp string_to_vector subdate substr substr_oracle
	substring substring_index subtime sum sys_guid sysdate system_user table tan then time time_format time_to_sec timediff timestamp
	timestampadd timestampdiff to_base64 to_char to_days to_seconds touches trim trim_oracle trunc truncate ucase uncompress
	uncompressed_length unhex union unique unix_timestamp unsigned updatexml upper use user using utc_date utc_time utc_timestamp uuid
	uuid_short uuid_to_bin validate_password_strength value values var_pop var_samp varchar variance vector_dim vector_to_string version
	wait_for_executed_gtid_set week weekday weekofyear weight_string when where with within wsrep_last_seen_gtid wsrep_last_written_gtid
	wsrep_sync_wait_upto_gtid x xor y year yearweek
`)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range bytes.Fields([]byte(words)) {
		set[string(w)] = true
	}
	return set
}

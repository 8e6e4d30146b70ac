/** Tokens as the contract says them: null where nothing is known, and never zero in its place. */
export const usageOf = /* sql */ `
create or replace function byom.usage_of(p_input numeric, p_output numeric, p_cached numeric, p_reasoning numeric)
returns jsonb
language sql immutable security invoker set search_path = pg_catalog, byom, pg_temp
as $function$
  select case when coalesce(p_input, p_output, p_cached, p_reasoning) is not null then jsonb_build_object(
    'inputTokens', p_input, 'outputTokens', p_output,
    'cachedInputTokens', p_cached, 'reasoningTokens', p_reasoning) end
$function$;
`;

# One OpenAPI v3 file of the API server -> one object {"deployment-apps-v1": schema, ...}: a strict JSON Schema per kind.
# "Strict": an object that lists its properties takes no others.

def strict:
  walk(if type == "object" and (.properties | type) == "object" and (has("additionalProperties") | not)
       then .additionalProperties = false else . end);

def names_used: [.. | objects | .["$ref"]? | strings | ltrimstr("#/components/schemas/")] | unique;

# The names of all schemas that those in `$start` lead to.
def closure($all; $start):
  {done: [], next: $start}
  | until(.next == []; .done = (.done + .next | unique) | .done as $done | .next = ([.next[] | $all[.] | names_used[]] | unique - $done))
  | .done;

def local_refs: walk(if type == "object" and (.["$ref"] | type) == "string" then .["$ref"] |= sub("^#/components/schemas/"; "#/definitions/") else . end);

(.components.schemas | map_values(strict)) as $all
| [ $all | to_entries[] | .key as $name | (.value["x-kubernetes-group-version-kind"] // [])[]
    # Options and lists of events belong to every group at once and are no manifests.
    | select(($name | test("apimachinery")) | not)
    | { key: ([(.kind | ascii_downcase), (.group | select(. != "") | split(".")[0]), .version] | join("-")),
        value: { "$schema": "http://json-schema.org/draft-07/schema#", "$ref": "#/definitions/\($name)",
                 definitions: (reduce closure($all; [$name])[] as $used ({}; .[$used] = $all[$used]) | local_refs) } } ]
| from_entries

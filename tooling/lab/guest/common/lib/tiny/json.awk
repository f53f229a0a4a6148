# Flattens a JSON text: one line per scalar, "links.0.id=tap1". Escapes other than \" \\ \/ stay as they are.
{ text = text $0 "\n" }

END {
  read_value("")
  for (i = 1; i <= paths; i++) print path[i] "=" value[path[i]]
}

function take_token() {
  sub(/^[ \t\r\n]+/, "", text)
  if (!match(text, /^"([^"\\]|\\.)*"/) && !match(text, /^[-+.0-9A-Za-z]+/)) RLENGTH = 1
  token = substr(text, 1, RLENGTH)
  text = substr(text, RLENGTH + 1)
}

function plain(token) {
  if (token !~ /^"/) return token
  token = substr(token, 2, length(token) - 2)
  gsub(/\\"/, "\"", token)
  gsub(/\\\//, "/", token)
  gsub(/\\\\/, "\\", token)
  return token
}

function read_value(at) {
  take_token()
  if (token == "{") read_members(at)
  else if (token == "[") read_elements(at)
  else keep(at)
}

function keep(at) {
  path[++paths] = at
  value[at] = plain(token)
}

function read_members(at, key) {
  for (take_token(); token != "}" && token != ""; take_token()) {
    if (token == ",") continue
    key = plain(token)
    take_token()
    read_value(at == "" ? key : at "." key)
  }
}

function read_elements(at, count) {
  for (count = 0; ; count++) {
    sub(/^[ \t\r\n,]+/, "", text)
    if (text ~ /^\]/ || text == "") break
    read_value(at "." count)
  }
  take_token()
}

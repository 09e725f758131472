# Starts an emulator for the script that sources this, and stops it with the script.
# Sets base_url, token, account and work (a directory that is kept between runs).
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work="${CARGO_TARGET_DIR:-$top/target}/peers"
mkdir -p "$work"

# start_emulator [OPTION...]
start_emulator() {
    local log="$work/emulator-$$.log"
    (cd "$top" && cargo build --quiet --locked -p cf-emulator)
    "${CARGO_TARGET_DIR:-$top/target}/debug/cf-emulator" --port 0 "$@" >"$log" &
    emulator=$!
    trap 'kill "$emulator" 2>/dev/null || true' EXIT
    for _ in $(seq 100); do
        if grep -q '^curl' "$log"; then break; fi
        sleep 0.05
    done
    base_url=$(sed -n 's/^export CLOUDFLARE_BASE_URL=//p' "$log")
    token=$(sed -n 's/^export CLOUDFLARE_API_TOKEN=//p' "$log")
    account=$(sed -n 's/^account //p' "$log")
    [[ -n "$base_url" && -n "$token" && -n "$account" ]] || { echo "the emulator did not start"; exit 1; }
}

# expect TEXT COMMAND...: the command succeeds and prints the text.
expect() {
    local text=$1 output
    shift
    if ! output=$("$@" 2>&1) || ! grep -qF -- "$text" <<<"$output"; then
        printf 'expected "%s" from: %s\n%s\n' "$text" "$*" "$output"
        exit 1
    fi
}

# python_env NAME PACKAGE...: a virtual environment with these packages.
python_env() {
    local env="$work/$1"
    shift
    [[ -x "$env/bin/python" ]] || python3 -m venv "$env"
    "$env/bin/pip" install --quiet --disable-pip-version-check "$@"
}

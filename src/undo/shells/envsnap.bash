# envsnap for bash 4.4 and later: saves the variables that decide a Go build and restores them without
# starting a process. `godrift shell-init bash` prints this file; the line @data@ is replaced by data of the
# catalogue about the variables.
#
# A snapshot is read as data and never evaluated. It is a list of fields, each ended by NUL:
#   godrift envsnap 1, id, time, number of unset variables, their names, then STATE NAME VALUE for each other one, then end
# STATE: x exported; s set but not exported; k kept out of the file because the value may hold a secret; + one
# more element of the list before. Arrays are not saved and stay as they are.
#
# Every command is called through `builtin`, so that functions named like builtins do no harm. Aliases are off
# while this file is read.
\builtin shopt -q expand_aliases && __envsnap_aliases=1 || __envsnap_aliases=
\builtin shopt -u expand_aliases

# @data@

# Directory of the snapshots, beside the state of godrift. Computed once, so that a later change of HOME does
# not move it.
__envsnap_dir=
if [[ -n ${STATE_DIRECTORY-} && ${STATE_DIRECTORY%%:*} == /* ]]; then
  __envsnap_dir=${STATE_DIRECTORY%%:*}/shells
elif [[ -n ${XDG_STATE_HOME-} && $XDG_STATE_HOME == /* ]]; then
  __envsnap_dir=${XDG_STATE_HOME%/}/godrift/shells
elif [[ ${HOME-} == /* ]]; then
  __envsnap_dir=${HOME%/}/.local/state/godrift/shells
fi
# Values that may hold a secret, by "ID NAME". They exist only in this shell, in no file.
builtin declare -gA __envsnap_memory

# Prints one line to standard error and returns 2.
__envsnap_refuse() {
  builtin printf 'envsnap: %s\n' "$1" >&2
  builtin return 2
}

# Checks that directory or file $1 belongs to the user and is no symlink; otherwise prints why not.
__envsnap_own() {
  if [[ -L $1 ]]; then
    __envsnap_refuse "cannot use ${1@Q}: it is a symbolic link; put a directory or file of your own in its place"
  elif [[ ! -O $1 ]]; then
    __envsnap_refuse "cannot use ${1@Q}: it belongs to another user; move it away"
  fi
}

# Reads snapshot $1 into the caller's __es_id, __es_time, __es_states, __es_names and __es_values. Starts no
# process.
__envsnap_load() {
  builtin local "__es_file=$__envsnap_dir/$1.envsnap" __es_at __es_name __es_state __es_value __es_unset
  builtin local -a __es_all
  if [[ ! -e $__es_file && ! -L $__es_file ]]; then
    __envsnap_refuse "cannot read snapshot $1: there is none; save it with envsnap save $1"
    builtin return
  fi
  __envsnap_own "${__envsnap_dir%/*}" && __envsnap_own "$__envsnap_dir" && __envsnap_own "$__es_file" || builtin return
  __es_all=('')
  [[ -f $__es_file ]] && builtin mapfile -d '' -t __es_all < "$__es_file"
  if [[ ${__es_all[0]-} != 'godrift envsnap 1' || ${__es_all[${#__es_all[@]} - 1]} != end || ${__es_all[3]} != @([0-9])?([0-9])?([0-9]) ]]; then
    __envsnap_refuse "cannot read snapshot $1: it is damaged; save it again with envsnap save $1"
    builtin return
  fi
  __es_id=${__es_all[1]} __es_time=${__es_all[2]} __es_unset=$((4 + 10#${__es_all[3]})) __es_states=() __es_names=() __es_values=()
  for __es_name in "${__es_all[@]:4:__es_unset - 4}"; do
    # Most variables were unset then and are unset now: nothing to do.
    [[ -n $__es_name && $__es_name != *[!A-Za-z0-9_]* && -n ${!__es_name+set} && -n ${__envsnap_class[$__es_name]-} ]] || builtin continue
    __es_states+=(u) __es_names+=("$__es_name") __es_values+=('')
  done
  for ((__es_at = __es_unset; __es_at < ${#__es_all[@]} - 1; __es_at += 3)); do
    __es_state=${__es_all[__es_at]} __es_name=${__es_all[__es_at + 1]} __es_value=${__es_all[__es_at + 2]}
    if [[ $__es_state == + && ${#__es_values[@]} -gt 0 ]]; then
      # A fish list is restored as programs see it: joined by spaces.
      __es_values[${#__es_values[@]} - 1]+=" $__es_value"
    elif [[ $__es_state == [xsk] && -n $__es_name && $__es_name != *[!A-Za-z0-9_]* && -n ${__envsnap_class[$__es_name]-} ]]; then
      __es_states+=("$__es_state") __es_names+=("$__es_name") __es_values+=("$__es_value")
    fi
  done
}

# Looks up a value that only this shell holds: sets __es_state and __es_value; status 1 if it holds none.
__envsnap_recall() {
  builtin local "__es_kept=${__envsnap_memory[$__es_id $1]-}"
  [[ -n $__es_kept ]] || builtin return 1
  __es_state=${__es_kept:0:1} __es_value=${__es_kept:1}
}

# Reads the current state of variable $1 into __es_now_state, __es_now and __es_attributes.
__envsnap_look() {
  __es_attributes= __es_now= __es_now_state=u
  if [[ -R $1 ]]; then
    __es_now_state=a
    builtin return
  fi
  __es_attributes=${!1@a}
  if [[ $__es_attributes == *[aA]* ]]; then
    __es_now_state=a
  elif [[ -n ${!1+set} ]]; then
    __es_now=${!1}
    [[ $__es_attributes == *x* ]] && __es_now_state=x || __es_now_state=s
  fi
}

# Tests whether the variable read by __envsnap_look has the saved state $1 and value $2. `test` compares
# bytes, whatever the shell options are.
__envsnap_same() {
  [[ $1 == "$__es_now_state" ]] && builtin test "$2" = "$__es_now"
}

# Restores variable $2 to state $1 and value $3. On failure, sets __es_why to the reason and returns 1.
__envsnap_put() {
  if [[ $__es_now_state == a ]]; then
    __es_why='it is an array or a reference to another variable now'
    builtin return 1
  fi
  if [[ $1 == u || $__es_now_state == u ]] || ! builtin test "$3" = "$__es_now"; then
    if [[ $__es_attributes == *r* ]]; then
      __es_why='it is read-only'
      builtin return 1
    fi
    if [[ $1 == u ]]; then
      # If it was local to a calling function, unsetting it uncovers the variable that it hid.
      builtin unset -v "$2" || builtin return
      __envsnap_look "$2"
      [[ $__es_now_state == u ]] || __envsnap_put "$@"
      builtin return
    else
      # Integer attributes evaluate a value, others change its case: drop them before the assignment.
      if [[ $__es_attributes == *[iluc]* ]]; then
        builtin declare -g +i +l +u "$2"
        [[ $__es_attributes == *c* ]] && builtin declare -g +c "$2"
        __es_attributes=${!2@a}
      fi
      if [[ $__es_attributes == *[iluc]* ]]; then
        __es_why='the calling function gave it an attribute that would change the value'
        builtin return 1
      fi
      builtin printf -v "$2" %s "$3"
    fi
  fi
  case $1 in
    x) builtin export "$2" ;;
    s) builtin export -n "$2" ;;
  esac
  if __envsnap_hides "$2"; then
    __es_why='a calling function has a local variable of that name, and that one alone was restored'
    builtin return 1
  fi
}

# Tests whether variable $1, which is set, is hidden by a local variable of a calling function: the trace
# attribute, which has no effect on variables, is set on the global variable for a moment and is not visible
# then.
__envsnap_hides() {
  [[ ${!1@a} == *t* ]] && builtin return 1
  { builtin declare -gt "$1"; } 2>/dev/null
  [[ ${!1@a} != *t* ]]
  builtin local "__es_status=$?"
  { builtin declare -g +t "$1"; } 2>/dev/null
  builtin return "$__es_status"
}

# Restores snapshot $1. $2, if given, is appended to the message as the reason.
__envsnap_rollback() {
  builtin local __es_id __es_time __es_states __es_names __es_values __es_at __es_state __es_value __es_why
  builtin local __es_attributes __es_now __es_now_state __es_changed= __es_status=0
  __envsnap_load "$1" || builtin return
  for __es_at in "${!__es_names[@]}"; do
    __es_state=${__es_states[__es_at]} __es_value=${__es_values[__es_at]} __es_why=
    if [[ $__es_state == k ]] && ! __envsnap_recall "${__es_names[__es_at]}"; then
      __es_why='its value may hold a secret and is known to the shell that saved it alone'
    else
      __envsnap_look "${__es_names[__es_at]}"
      __envsnap_same "$__es_state" "$__es_value" && builtin continue
      __envsnap_put "$__es_state" "${__es_names[__es_at]}" "$__es_value" && __es_changed+=" ${__es_names[__es_at]}"
    fi
    if [[ -n $__es_why ]]; then
      builtin printf 'envsnap: cannot restore %s: %s; the others are restored\n' "${__es_names[__es_at]}" "$__es_why" >&2
      __es_status=1
    fi
  done
  [[ " $__es_changed " == *' PATH '* ]] && { builtin hash -r; } 2>/dev/null
  if [[ -n $__es_changed ]]; then
    builtin printf 'envsnap: rolled back to %s%s:%s\n' "$1" "${2-}" "$__es_changed"
  elif [[ $__es_status == 0 && -z ${2-} ]]; then
    builtin printf 'envsnap: everything is as saved in %s\n' "$1"
  fi
  builtin return "$__es_status"
}

# Sets __es_shown to what may be shown of a value: $1 name, $2 state, $3 value.
__envsnap_shown() {
  __es_shown=${3@Q}
  [[ $2 == u ]] && __es_shown=unset
  [[ $2 == a ]] && __es_shown='an array or a reference to another variable'
  if [[ $2 == [xs] && ${__envsnap_class[$1]} != none && -n $3 ]]; then __es_shown=redacted; fi
  if [[ $2 == s ]]; then __es_shown+=' (not exported)'; fi
}

# Shows the differences from snapshot $1. Status 1 if there are any, or if a value is unknown.
__envsnap_diff() {
  builtin local __es_id __es_time __es_states __es_names __es_values __es_at __es_state __es_value __es_shown __es_before
  builtin local __es_attributes __es_now __es_now_state __es_mark __es_status=0 __es_red= __es_green= __es_yellow= __es_off=
  __envsnap_load "$1" || builtin return
  if [[ -t 1 && -z ${NO_COLOR-} && ${TERM-} != dumb ]]; then
    __es_red=$'\e[31m' __es_green=$'\e[32m' __es_yellow=$'\e[33m' __es_off=$'\e[39m'
  fi
  for __es_at in "${!__es_names[@]}"; do
    __es_state=${__es_states[__es_at]} __es_value=${__es_values[__es_at]}
    __envsnap_look "${__es_names[__es_at]}"
    if [[ $__es_state == k ]] && ! __envsnap_recall "${__es_names[__es_at]}"; then
      builtin printf '? %s: known to the shell that saved it alone\n' "${__es_names[__es_at]}"
      __es_status=1
      builtin continue
    fi
    __envsnap_same "$__es_state" "$__es_value" && builtin continue
    __es_status=1 __es_mark="$__es_yellow~"
    [[ $__es_state == u ]] && __es_mark="$__es_green+"
    [[ $__es_now_state == u ]] && __es_mark="$__es_red-"
    __envsnap_shown "${__es_names[__es_at]}" "$__es_state" "$__es_value"
    __es_before=$__es_shown
    __envsnap_shown "${__es_names[__es_at]}" "$__es_now_state" "$__es_now"
    builtin printf '%s %s%s: %s -> %s\n' "$__es_mark" "${__es_names[__es_at]}" "$__es_off" "$__es_before" "$__es_shown"
  done
  builtin return "$__es_status"
}

# To be run in a subshell: creates the snapshot directory and enters it. Returns 2, with a message, if others
# could change its files.
__envsnap_enter() {
  builtin local "__es_top=${__envsnap_dir%/*}" __es_path __es_found
  builtin local -a __es_near __es_far
  __es_top=${__es_top%/*}
  while [[ -n $__es_top && ! -d $__es_top ]]; do __es_top=${__es_top%/*}; done
  builtin cd -P -- "${__es_top:-/}" 2>/dev/null || {
    __envsnap_refuse "cannot use ${__envsnap_dir@Q}: ${__es_top@Q} cannot be entered; set XDG_STATE_HOME to a directory of your own"
    builtin return
  }
  __es_near=("$PWD") __es_path=$PWD
  for __es_found in "${__envsnap_dir%/*}" "$__envsnap_dir"; do
    [[ -e $__es_found || -L $__es_found ]] || builtin continue
    __envsnap_own "$__es_found" || builtin return
    __es_near+=("$__es_found")
  done
  while [[ $__es_path == /?* ]]; do
    __es_path=${__es_path%/*}
    __es_far+=("${__es_path:-/}")
  done
  # Only the user may write to the nearest directories; in those further up others may not replace the user's
  # files, as in /tmp (sticky bit).
  if ! __es_found=$(builtin command -p find -H "${__es_near[@]}" -prune \( -perm -0020 -o -perm -0002 \) -print &&
    { ((${#__es_far[@]} == 0)) || builtin command -p find -H "${__es_far[@]}" -prune \( -perm -0020 -o -perm -0002 \) ! -perm -1000 -print; }); then
    __envsnap_refuse "cannot use ${__envsnap_dir@Q}: who may write there cannot be told; set XDG_STATE_HOME to a directory of your own"
    builtin return
  fi
  if [[ -n $__es_found ]]; then
    __es_found=${__es_found%%$'\n'*}
    __envsnap_refuse "cannot use ${__envsnap_dir@Q}: others can write into ${__es_found@Q}; chmod go-w ${__es_found@Q}, or set XDG_STATE_HOME to a directory of your own"
    builtin return
  fi
  builtin umask 077
  [[ -d $__envsnap_dir ]] || builtin command -p mkdir -p -- "$__envsnap_dir" || builtin return 2
  builtin cd -P -- "$__envsnap_dir" && __envsnap_own "$__envsnap_dir"
}

# Writes the fields after $1 to file $1 of the snapshot directory, completely or not at all.
__envsnap_write() (
  builtin set -C
  builtin trap - EXIT ERR DEBUG RETURN
  __envsnap_enter || builtin exit
  __es_temporary=.$BASHPID.$RANDOM$RANDOM.tmp
  __es_name=$1
  builtin shift
  { [[ $__es_name == published ]] && builtin printf '%s\n' "$1" || builtin printf '%s\0' "$@"; } > "$__es_temporary" &&
    builtin command -p mv -f -- "$__es_temporary" "$__es_name" || {
    builtin command -p rm -f -- "$__es_temporary"
    __envsnap_refuse "cannot write ${__envsnap_dir@Q}: see above; look at the disk and the rights"
    builtin exit
  }
)

# Saves the current environment as snapshot $1.
__envsnap_save() {
  builtin local __es_name __es_time __es_attributes __es_now __es_now_state __es_kept=
  builtin local -a __es_fields __es_unset
  builtin printf -v __es_time '%(%Y-%m-%d %H:%M:%S %z)T' -1
  builtin local "__es_id=${EPOCHREALTIME-$SECONDS}.$$.$RANDOM$RANDOM"
  for __es_name in "${__envsnap_names[@]}"; do
    __envsnap_look "$__es_name"
    if [[ $__es_now_state == [xs] ]] && __envsnap_held_back "${__envsnap_class[$__es_name]}" "$__es_now"; then
      __envsnap_memory["$__es_id $__es_name"]=$__es_now_state$__es_now
      __es_now_state=k __es_now= __es_kept+=" $__es_name"
    fi
    case $__es_now_state in
      u) __es_unset+=("$__es_name") ;;
      x | s | k) __es_fields+=("$__es_now_state" "$__es_name" "$__es_now") ;;
    esac
  done
  __envsnap_write "$1.envsnap" 'godrift envsnap 1' "$__es_id" "$__es_time" "${#__es_unset[@]}" "${__es_unset[@]}" "${__es_fields[@]}" end || builtin return
  builtin printf 'envsnap: saved %s: %s variables\n' "$1" "$((${#__es_fields[@]} / 3))"
  [[ -z $__es_kept ]] || builtin printf 'envsnap: in the memory of this shell alone, for the values may hold secrets:%s\n' "$__es_kept"
}

# Saves snapshot $1 unless one of that name exists.
__envsnap_init() {
  if [[ -e $__envsnap_dir/$1.envsnap ]]; then
    builtin printf 'envsnap: %s is saved already\n' "$1"
  else
    __envsnap_save "$1"
  fi
}

# Prints name and time of each snapshot.
__envsnap_list() (
  builtin shopt -s nullglob
  builtin shopt -u failglob
  GLOBIGNORE=
  for __es_file in "$__envsnap_dir"/*.envsnap; do
    __es_file=${__es_file##*/}
    __envsnap_load "${__es_file%.envsnap}" && builtin printf '%s\t%s\n' "${__es_file%.envsnap}" "$__es_time"
  done
)

# Asks all watching shells to roll back to snapshot $1 at their next prompt.
__envsnap_publish() {
  builtin local __es_id __es_time __es_states __es_names __es_values
  __envsnap_load "$1" || builtin return
  __envsnap_write published "$1@${EPOCHREALTIME-$SECONDS}.$$.$RANDOM$RANDOM" || builtin return
  builtin printf 'envsnap: published %s\n' "$1"
}

# Reads the last published word into __es_word, with a single builtin.
__envsnap_published() {
  { IFS= builtin read -r __es_word < "$__envsnap_dir/published"; } 2>/dev/null || builtin :
}

# Runs at each prompt of a watching shell and acts on what was published since. Preserves the status of the
# last command.
__envsnap_prompt() {
  builtin local "__es_status=$?" __es_word=
  __envsnap_published
  [[ $__es_word == "$__envsnap_seen" ]] || __envsnap_pick_up "$__es_word" || builtin :
  builtin return "$__es_status"
}

# Rolls back to the snapshot that word $1 names.
__envsnap_pick_up() {
  builtin local -
  builtin set +euf
  __envsnap_seen=$1
  [[ -n $1 ]] || builtin return 0
  __envsnap_own "$__envsnap_dir/published" && __envsnap_named "${1%%@*}" && __envsnap_rollback "${1%%@*}" ' (published)'
}

# Checks that $1 is a valid snapshot name.
__envsnap_named() {
  if [[ -z $1 || $1 == [.-]* || $1 == *[!A-Za-z0-9._-]* || ${#1} -gt 64 ]]; then
    __envsnap_refuse "cannot use ${1@Q} as a name: names are made of letters, digits, dots, dashes and underscores; give another one"
  fi
}

# Starts to watch: adds the hook to PROMPT_COMMAND, once, and leaves its present content alone. Similar tools
# look for their hooks in element 0.
__envsnap_watch() {
  builtin local -
  builtin set +euf
  builtin local __es_word= __es_hooks
  __envsnap_published
  [[ -n ${__envsnap_seen+set} ]] || __envsnap_seen=$__es_word
  builtin printf -v __es_hooks '%s;' "${PROMPT_COMMAND[@]}"
  if [[ $__es_hooks == *__envsnap_prompt* ]]; then
    builtin return 0
  elif [[ ${PROMPT_COMMAND@a}${PROMPT_COMMAND[*]@a} == *r* ]]; then
    __envsnap_refuse 'cannot watch: PROMPT_COMMAND is read-only; use shell-init without --hot-reload'
  elif [[ ${PROMPT_COMMAND@a}${PROMPT_COMMAND[*]@a} == *a* ]] && ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)); then
    PROMPT_COMMAND+=(__envsnap_prompt)
  elif [[ -z ${PROMPT_COMMAND-} ]]; then
    PROMPT_COMMAND=__envsnap_prompt
  elif [[ $PROMPT_COMMAND == *[\#\<\\$'\n']* || $PROMPT_COMMAND == *[\;\&\|\ $'\t'] ]]; then
    PROMPT_COMMAND+=$'\n'__envsnap_prompt
  else
    PROMPT_COMMAND+=';__envsnap_prompt'
  fi
}

envsnap() {
  # `local -` restores the caller's -e, -u and -f on return.
  builtin local -
  builtin set +euf
  builtin local "__es_action=${1-help}" "__es_name=${2-default}"
  case $__es_action in
    --init | --save | --list | --diff | --rollback | --publish | --help) __es_action=${__es_action#--} ;;
  esac
  case $__es_action in
    init | save | list | diff | rollback | publish) ;;
    help | -h)
      builtin printf '%s\n' 'envsnap save [NAME] | list | diff [NAME] | rollback [NAME] | publish [NAME] | init [NAME]'
      builtin return 0
      ;;
    *)
      __envsnap_refuse "cannot run envsnap ${__es_action@Q}: there is no such command; see envsnap help"
      builtin return
      ;;
  esac
  if [[ -z $__envsnap_dir ]]; then
    __envsnap_refuse 'cannot tell where snapshots lie: neither XDG_STATE_HOME nor HOME is an absolute path; set one and load envsnap again'
  elif (($# > 2)); then
    __envsnap_refuse "cannot run envsnap $__es_action: it takes one name; see envsnap help"
  else
    __envsnap_named "$__es_name" && "__envsnap_$__es_action" "$__es_name"
  fi
}

[[ -n $__envsnap_aliases ]] && builtin shopt -s expand_aliases || builtin :
builtin unset -v __envsnap_aliases

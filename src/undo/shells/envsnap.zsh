# envsnap for zsh 5.2 and later. envsnap.bash describes what it does and the format of a snapshot. `godrift
# shell-init zsh` prints this file inside of `emulate -R zsh -o no_aliases -c`, so that its functions run with
# zsh's default options whatever the user has set, and the user's options hold again afterwards.

# @data@

typeset -g __envsnap_dir=
if [[ ${STATE_DIRECTORY-} == /* ]]; then
  __envsnap_dir=${STATE_DIRECTORY%%:*}/shells
elif [[ ${XDG_STATE_HOME-} == /* ]]; then
  __envsnap_dir=${XDG_STATE_HOME%/}/godrift/shells
elif [[ ${HOME-} == /* ]]; then
  __envsnap_dir=${HOME%/}/.local/state/godrift/shells
fi
# Values that may hold a secret, by ID/NAME. They exist only in this shell, in no file.
typeset -gA __envsnap_memory

# Prints one line to standard error and returns 2.
function __envsnap_refuse {
  builtin print -ru2 -- "envsnap: $1"
  builtin return 2
}

# Checks that directory or file $1 belongs to the user and is no symlink; otherwise prints why not.
function __envsnap_own {
  if [[ -L $1 ]]; then
    __envsnap_refuse "cannot use ${(qqqq)1}: it is a symbolic link; put a directory or file of your own in its place"
  elif [[ ! -O $1 ]]; then
    __envsnap_refuse "cannot use ${(qqqq)1}: it belongs to another user; move it away"
  fi
}

# Checks that only the user can change snapshots: examines the directory, its parent (the state directory),
# the nearest existing ancestor, and everything further up. Starts no process.
function __envsnap_private {
  builtin zmodload -F zsh/stat b:zstat 2>/dev/null || builtin return 0
  builtin local __es_near=${__envsnap_dir:h:h} __es_path
  builtin local -A __es_stat
  while [[ ! -d $__es_near ]]; do __es_near=${__es_near:h}; done
  for __es_path in $__envsnap_dir ${__envsnap_dir:h}; do
    [[ -e $__es_path || -L $__es_path ]] || builtin continue
    __envsnap_own $__es_path || builtin return
    builtin zstat -H __es_stat -- $__es_path && (( (__es_stat[mode] & 8#22) == 0 )) || { __envsnap_open $__es_path; builtin return }
  done
  __es_path=${__es_near:A}
  builtin zstat -H __es_stat -- $__es_path && (( (__es_stat[mode] & 8#22) == 0 )) || { __envsnap_open $__es_path; builtin return }
  # In directories further up others may not replace the user's files, as in /tmp (sticky bit).
  while [[ $__es_path != / ]]; do
    __es_path=${__es_path:h}
    builtin zstat -H __es_stat -- $__es_path && (( (__es_stat[mode] & 8#22) == 0 || (__es_stat[mode] & 8#1000) != 0 )) ||
      { __envsnap_open $__es_path; builtin return }
  done
}

# Prints the refusal for directory $1, which others can write to.
function __envsnap_open {
  __envsnap_refuse "cannot use ${(qqqq)__envsnap_dir}: others can write into ${(qqqq)1}; chmod go-w ${(qqqq)1}, or set XDG_STATE_HOME to a directory of your own"
}

# Reads snapshot $1 into the caller's __es_id, __es_time, __es_states, __es_found and __es_values. Starts no
# process.
function __envsnap_load {
  builtin local __es_file=$__envsnap_dir/$1.envsnap __es_name __es_state __es_value
  builtin local -a __es_all
  builtin local -i __es_at __es_unset
  if [[ ! -e $__es_file && ! -L $__es_file ]]; then
    __envsnap_refuse "cannot read snapshot $1: there is none; save it with envsnap save $1"
    builtin return
  fi
  __envsnap_own ${__envsnap_dir:h} && __envsnap_own $__envsnap_dir && __envsnap_private && __envsnap_own $__es_file || builtin return
  [[ -f $__es_file ]] && __es_all=("${(@0)$(<$__es_file)}")
  # The field after the last NUL is empty.
  [[ -n ${__es_all[-1]} ]] || __es_all[-1]=()
  if [[ ${__es_all[1]} != 'godrift envsnap 1' || ${__es_all[-1]} != end || ${__es_all[4]} != ([0-9]|[1-9][0-9]|[1-9][0-9][0-9]) ]]; then
    __envsnap_refuse "cannot read snapshot $1: it is damaged; save it again with envsnap save $1"
    builtin return
  fi
  __es_id=${__es_all[2]} __es_time=${__es_all[3]} __es_unset=$(( 5 + __es_all[4] )) __es_states=() __es_found=() __es_values=()
  for __es_name in "${(@)__es_all[5,__es_unset - 1]}"; do
    # Most variables were unset then and are unset now: nothing to do.
    (( ${__envsnap_names[(Ie)$__es_name]} )) && [[ -n ${(Pt)__es_name} ]] || builtin continue
    __es_states+=(u) __es_found+=("$__es_name") __es_values+=('')
  done
  for (( __es_at = __es_unset; __es_at < ${#__es_all}; __es_at += 3 )); do
    __es_state=${__es_all[__es_at]} __es_name=${__es_all[__es_at + 1]} __es_value=${__es_all[__es_at + 2]}
    if [[ $__es_state == + && ${#__es_values} -gt 0 ]]; then
      # A fish list is restored as programs see it: joined by spaces.
      __es_values[-1]+=" $__es_value"
    elif [[ $__es_state == [xsk] ]] && (( ${__envsnap_names[(Ie)$__es_name]} )); then
      __es_states+=("$__es_state") __es_found+=("$__es_name") __es_values+=("$__es_value")
    fi
  done
}

# Looks up a value that only this shell holds: sets __es_state and __es_value; status 1 if it holds none.
function __envsnap_recall {
  builtin local __es_kept=${__envsnap_memory[$__es_id/$1]-}
  [[ -n $__es_kept ]] || builtin return 1
  # Not a slice to the end: zsh would truncate a value that ends in an incomplete multibyte character.
  __es_state=${__es_kept[1]} __es_value=${__es_kept#?}
}

# Reads the current state of variable $1 into __es_now_state, __es_now and its type.
function __envsnap_look {
  __es_type=${(Pt)1} __es_now= __es_now_state=u
  if [[ $__es_type == (array|association)* ]]; then
    __es_now_state=a
  elif [[ -n $__es_type ]]; then
    __es_now=${(P)1}
    [[ $__es_type == *-export* ]] && __es_now_state=x || __es_now_state=s
  fi
}

# Tests whether the variable read by __envsnap_look has the saved state $1 and value $2.
function __envsnap_same {
  [[ $1 == "$__es_now_state" && $2 == "$__es_now" ]]
}

# Restores variable $2 to state $1 and value $3. On failure, sets __es_why to the reason and returns 1.
function __envsnap_put {
  if [[ $__es_now_state == a ]]; then
    __es_why='it is an array now'
    builtin return 1
  elif [[ $__es_type == *-readonly* ]]; then
    __es_why='it is read-only'
    builtin return 1
  elif [[ $__es_type == *-local* ]]; then
    __es_why='it is local to a calling function'
    builtin return 1
  elif [[ $1 == u ]]; then
    builtin unset -v -- "$2"
    builtin return
  fi
  # Number types evaluate a value, others change its case or width: unset such a variable before the
  # assignment.
  [[ $__es_type == (|scalar(|-tied)(|-export)(|-unique)(|-hide|-hideval)(|-special)) ]] || builtin unset -v -- "$2"
  if [[ $1 == x ]]; then
    builtin typeset -gx -- "$2=$3"
  else
    builtin typeset -g +x -- "$2=$3"
  fi
}

# Restores snapshot $1. $2, if given, is appended to the message as the reason.
function __envsnap_rollback {
  builtin local __es_id __es_time __es_state __es_value __es_why __es_type __es_now __es_now_state
  builtin local -a __es_states __es_found __es_values __es_changed
  builtin local -i __es_at __es_status=0
  __envsnap_load "$1" || builtin return
  for (( __es_at = 1; __es_at <= ${#__es_found}; __es_at++ )); do
    __es_state=${__es_states[__es_at]} __es_value=${__es_values[__es_at]} __es_why=
    if [[ $__es_state == k ]] && ! __envsnap_recall "${__es_found[__es_at]}"; then
      __es_why='its value may hold a secret and is known to the shell that saved it alone'
    else
      __envsnap_look "${__es_found[__es_at]}"
      __envsnap_same "$__es_state" "$__es_value" && builtin continue
      __envsnap_put "$__es_state" "${__es_found[__es_at]}" "$__es_value" && __es_changed+=("${__es_found[__es_at]}")
    fi
    if [[ -n $__es_why ]]; then
      builtin print -ru2 -- "envsnap: cannot restore ${__es_found[__es_at]}: $__es_why; the others are restored"
      __es_status=1
    fi
  done
  if (( ${#__es_changed} )); then
    builtin print -r -- "envsnap: rolled back to $1${2-}: ${(j: :)__es_changed}"
  elif [[ $__es_status == 0 && -z ${2-} ]]; then
    builtin print -r -- "envsnap: everything is as saved in $1"
  fi
  builtin return $__es_status
}

# Sets __es_shown to what may be shown of a value: $1 name, $2 state, $3 value.
function __envsnap_shown {
  __es_shown=${(qqqq)3}
  [[ $2 == u ]] && __es_shown=unset
  [[ $2 == a ]] && __es_shown='an array'
  if [[ $2 == [xs] && ${__envsnap_class[$1]} != none && -n $3 ]]; then __es_shown=redacted; fi
  if [[ $2 == s ]]; then __es_shown+=' (not exported)'; fi
}

# Shows the differences from snapshot $1. Status 1 if there are any, or if a value is unknown.
function __envsnap_diff {
  builtin local __es_id __es_time __es_state __es_value __es_shown __es_before __es_type __es_now __es_now_state __es_mark
  builtin local __es_red= __es_green= __es_yellow= __es_off=
  builtin local -a __es_states __es_found __es_values
  builtin local -i __es_at __es_status=0
  __envsnap_load "$1" || builtin return
  if [[ -t 1 && -z ${NO_COLOR-} && ${TERM-} != dumb ]]; then
    __es_red=$'\e[31m' __es_green=$'\e[32m' __es_yellow=$'\e[33m' __es_off=$'\e[39m'
  fi
  for (( __es_at = 1; __es_at <= ${#__es_found}; __es_at++ )); do
    __es_state=${__es_states[__es_at]} __es_value=${__es_values[__es_at]}
    __envsnap_look "${__es_found[__es_at]}"
    if [[ $__es_state == k ]] && ! __envsnap_recall "${__es_found[__es_at]}"; then
      builtin print -r -- "? ${__es_found[__es_at]}: known to the shell that saved it alone"
      __es_status=1
      builtin continue
    fi
    __envsnap_same "$__es_state" "$__es_value" && builtin continue
    __es_status=1 __es_mark="$__es_yellow~"
    [[ $__es_state == u ]] && __es_mark="$__es_green+"
    [[ $__es_now_state == u ]] && __es_mark="$__es_red-"
    __envsnap_shown "${__es_found[__es_at]}" "$__es_state" "$__es_value"
    __es_before=$__es_shown
    __envsnap_shown "${__es_found[__es_at]}" "$__es_now_state" "$__es_now"
    builtin print -r -- "$__es_mark ${__es_found[__es_at]}$__es_off: $__es_before -> $__es_shown"
  done
  builtin return $__es_status
}

# Writes the fields after $1 to file $1 of the snapshot directory, completely or not at all.
function __envsnap_write {
  (
    builtin umask 077
    builtin setopt no_clobber
    if ! builtin zmodload zsh/stat 2>/dev/null; then
      __envsnap_refuse "cannot use ${(qqqq)__envsnap_dir}: who may write there cannot be told without the module zsh/stat; use a zsh that has it"
      builtin exit
    fi
    __envsnap_private || builtin exit
    [[ -d $__envsnap_dir ]] || builtin command -p mkdir -p -- $__envsnap_dir || builtin exit 2
    builtin cd -q -- $__envsnap_dir && __envsnap_private || builtin exit 2
    __es_temporary=.${sysparams[pid]:-$$}.$RANDOM$RANDOM.tmp
    __es_name=$1
    builtin shift
    if [[ $__es_name == published ]]; then
      builtin print -r -- "$1" > $__es_temporary
    else
      builtin print -rN -- "$@" > $__es_temporary
    fi && builtin command -p mv -f -- $__es_temporary $__es_name || {
      builtin command -p rm -f -- $__es_temporary
      __envsnap_refuse "cannot write ${(qqqq)__envsnap_dir}: see above; look at the disk and the rights"
      builtin exit
    }
  )
}

# Saves the current environment as snapshot $1.
function __envsnap_save {
  builtin local __es_name __es_time __es_type __es_now __es_now_state
  builtin local -a __es_fields __es_kept __es_unset
  builtin zmodload zsh/datetime && builtin strftime -s __es_time '%Y-%m-%d %H:%M:%S %z' $EPOCHSECONDS
  builtin local __es_id=${EPOCHREALTIME-$SECONDS}.$$.$RANDOM$RANDOM
  for __es_name in $__envsnap_names; do
    __envsnap_look $__es_name
    if [[ $__es_now_state == [xs] ]] && __envsnap_held_back "${__envsnap_class[$__es_name]}" "$__es_now"; then
      __envsnap_memory[$__es_id/$__es_name]=$__es_now_state$__es_now
      __es_now_state=k __es_now= __es_kept+=($__es_name)
    fi
    case $__es_now_state in
      (u) __es_unset+=("$__es_name") ;;
      (x|s|k) __es_fields+=("$__es_now_state" "$__es_name" "$__es_now") ;;
    esac
  done
  __envsnap_write "$1.envsnap" 'godrift envsnap 1' "$__es_id" "$__es_time" ${#__es_unset} "${(@)__es_unset}" "${(@)__es_fields}" end || builtin return
  builtin print -r -- "envsnap: saved $1: $(( ${#__es_fields} / 3 )) variables"
  (( ${#__es_kept} == 0 )) ||
    builtin print -r -- "envsnap: in the memory of this shell alone, for the values may hold secrets: ${(j: :)__es_kept}"
}

# Saves snapshot $1 unless one of that name exists.
function __envsnap_init {
  if [[ -e $__envsnap_dir/$1.envsnap ]]; then
    builtin print -r -- "envsnap: $1 is saved already"
  else
    __envsnap_save "$1"
  fi
}

# Prints name and time of each snapshot.
function __envsnap_list {
  builtin local __es_file __es_id __es_time
  builtin local -a __es_states __es_found __es_values
  for __es_file in $__envsnap_dir/*.envsnap(N:t:r); do
    __envsnap_load $__es_file && builtin print -r -- $__es_file$'\t'$__es_time
  done
}

# Asks all watching shells to roll back to snapshot $1 at their next prompt.
function __envsnap_publish {
  builtin local __es_id __es_time
  builtin local -a __es_states __es_found __es_values
  __envsnap_load "$1" || builtin return
  __envsnap_write published "$1@${EPOCHREALTIME-$SECONDS}.$$.$RANDOM$RANDOM" || builtin return
  builtin print -r -- "envsnap: published $1"
}

# Reads the last published word into __es_word, with a single builtin.
function __envsnap_published {
  { IFS= builtin read -r __es_word < $__envsnap_dir/published } 2>/dev/null
}

# Runs at each prompt of a watching shell and acts on what was published since. Preserves the status of the
# last command.
function __envsnap_prompt {
  builtin local __es_status=$? __es_word=
  __envsnap_published
  [[ $__es_word == "$__envsnap_seen" ]] || __envsnap_pick_up "$__es_word"
  builtin return $__es_status
}

# Rolls back to the snapshot that word $1 names.
function __envsnap_pick_up {
  __envsnap_seen=$1
  [[ -n $1 ]] || builtin return 0
  __envsnap_own $__envsnap_dir/published && __envsnap_named "${1%%@*}" && __envsnap_rollback "${1%%@*}" ' (published)'
}

# Checks that $1 is a valid snapshot name.
function __envsnap_named {
  if [[ -z $1 || $1 == [.-]* || $1 == *[^A-Za-z0-9._-]* || ${#1} -gt 64 ]]; then
    __envsnap_refuse "cannot use ${(qqqq)1} as a name: names are made of letters, digits, dots, dashes and underscores; give another one"
  fi
}

# Starts to watch: adds the hook to the prompt hooks, once.
function __envsnap_watch {
  builtin local __es_word=
  __envsnap_published
  (( ${+__envsnap_seen} )) || builtin typeset -g __envsnap_seen=$__es_word
  builtin typeset -ga precmd_functions
  (( ${precmd_functions[(Ie)__envsnap_prompt]} )) || precmd_functions+=(__envsnap_prompt)
}

function envsnap {
  builtin local __es_action=${1-help} __es_name=${2-default}
  case $__es_action in
    (--init|--save|--list|--diff|--rollback|--publish|--help) __es_action=${__es_action#--} ;;
  esac
  case $__es_action in
    (init|save|list|diff|rollback|publish) ;;
    (help|-h)
      builtin print -r -- 'envsnap save [NAME] | list | diff [NAME] | rollback [NAME] | publish [NAME] | init [NAME]'
      builtin return 0
      ;;
    (*)
      __envsnap_refuse "cannot run envsnap ${(qqqq)__es_action}: there is no such command; see envsnap help"
      builtin return
      ;;
  esac
  if [[ -z $__envsnap_dir ]]; then
    __envsnap_refuse 'cannot tell where snapshots lie: neither XDG_STATE_HOME nor HOME is an absolute path; set one and load envsnap again'
  elif (( $# > 2 )); then
    __envsnap_refuse "cannot run envsnap $__es_action: it takes one name; see envsnap help"
  else
    __envsnap_named "$__es_name" && __envsnap_$__es_action "$__es_name"
  fi
}

# envsnap for fish 3.4 and later. envsnap.bash describes what it does and the format of a snapshot. `godrift
# shell-init fish` prints this file. Lists are saved element by element, except path variables, which are
# saved as programs see them.

# @data@

set -g __envsnap_dir
if string match -q '/*' -- "$STATE_DIRECTORY"
    set -g __envsnap_dir (string split -f 1 : -- "$STATE_DIRECTORY")/shells
else if string match -q '/*' -- "$XDG_STATE_HOME"
    set -g __envsnap_dir "$XDG_STATE_HOME/godrift/shells"
else if string match -q '/*' -- "$HOME"
    set -g __envsnap_dir "$HOME/.local/state/godrift/shells"
end
# Values that may hold a secret, with their keys "ID NAME STATE". They exist only in this shell, in no file.
set -qg __envsnap_memory_keys; or set -g __envsnap_memory_keys
set -qg __envsnap_memory_values; or set -g __envsnap_memory_values

function __envsnap_refuse -d 'Prints one line to standard error and answers 2'
    builtin printf 'envsnap: %s\n' $argv[1] >&2
    return 2
end

function __envsnap_own -d 'Whether a directory or file is the user\'s own and no link; says what is wrong with it'
    if test -L $argv[1]
        __envsnap_refuse "cannot use "(string escape -- $argv[1])": it is a symbolic link; put a directory or file of your own in its place"
    else if not test -O $argv[1]
        __envsnap_refuse "cannot use "(string escape -- $argv[1])": it belongs to another user; move it away"
    end
end

function __envsnap_load -d 'Reads a snapshot into __es_id, __es_time, __es_unset and __es_rest (its triples) of the caller; starts no process' --no-scope-shadowing
    set -l __es_file $__envsnap_dir/$__es_name.envsnap
    if not test -e $__es_file -o -L $__es_file
        __envsnap_refuse "cannot read snapshot $__es_name: there is none; save it with envsnap save $__es_name"
        return
    end
    __envsnap_own (string replace -r '/[^/]*$' '' -- $__envsnap_dir); and __envsnap_own $__envsnap_dir; and __envsnap_own $__es_file; or return
    set -l __es_all
    test -f $__es_file; and set __es_all (string split0 <$__es_file)
    if not contains -- 'godrift envsnap 1' "$__es_all[1]"; or not contains -- end "$__es_all[-1]"; or not string match -qr '^[0-9]{1,3}$' -- "$__es_all[4]"
        __envsnap_refuse "cannot read snapshot $__es_name: it is damaged; save it again with envsnap save $__es_name"
        return
    end
    set __es_id $__es_all[2]
    set __es_time $__es_all[3]
    set __es_unset
    set __es_rest $__es_all[5..-1]
    if test $__es_all[4] -gt 0
        set __es_unset $__es_rest[1..$__es_all[4]]
        set -e __es_rest[1..$__es_all[4]]
    end
    return 0
end

function __envsnap_next -d 'Takes the next record: __es_state, __es_var and __es_value, a list; status 1 at the end' --no-scope-shadowing
    set -q __es_rest[4]; or return 1
    set __es_state $__es_rest[1]
    set __es_var $__es_rest[2]
    set __es_value $__es_rest[3]
    set -e __es_rest[1..3]
    while contains -- + "$__es_rest[1]"
        set -a __es_value $__es_rest[3]
        set -e __es_rest[1..3]
    end
    contains -- "$__es_var" $__envsnap_names; or set __es_state a
    return 0
end

function __envsnap_recall -d 'What is kept in this shell of a value that is not in the file; status 1 where nothing is' --no-scope-shadowing
    for __es_kept in x s
        if set -l __es_index (contains -i -- "$__es_id $__es_var $__es_kept" $__envsnap_memory_keys)
            set __es_state $__es_kept
            set __es_value $__envsnap_memory_values[$__es_index]
            return 0
        end
    end
    return 1
end

function __envsnap_look -d 'The present state of variable __es_var: __es_now_state and __es_now, as programs see it' --no-scope-shadowing
    set __es_now_state u
    set __es_now
    if set -qx $__es_var
        set __es_now_state x
    else if set -q $__es_var
        set __es_now_state s
    else
        return
    end
    set __es_now "$$__es_var"
end

function __envsnap_put -d 'Gives the variable its saved state and value; status 1 and the reason in __es_why where that cannot be' --no-scope-shadowing
    switch $__es_state
        case u
            set -eg $__es_var
            if set -q $__es_var; and not set -ql $__es_var
                set __es_why "it is a universal variable, which all shells share (set -eU $__es_var takes it from them)"
                return 1
            end
        case x
            set -gx $__es_var $__es_value
        case s
            set -gu $__es_var $__es_value
    end
    # A local exported variable of the caller is local in this function too.
    if set -ql $__es_var
        set __es_why 'the caller has a local variable of that name, and what it hides alone was restored'
        return 1
    end
    return 0
end

function __envsnap_fail -d 'Says why the variable cannot be restored' --no-scope-shadowing
    builtin printf 'envsnap: cannot restore %s: %s; the others are restored\n' $__es_var $__es_why >&2
    set __es_status 1
end

function __envsnap_restore -d 'Gives the variable its saved state and value, and notes what became of it' --no-scope-shadowing
    __envsnap_put; and set -a __es_changed $__es_var; or __envsnap_fail
end

function __envsnap_rollback -d 'Puts back what a snapshot says; the second argument says who asked'
    set -l __es_name $argv[1]
    set -l __es_id
    set -l __es_time
    set -l __es_unset
    set -l __es_rest
    set -l __es_state u
    set -l __es_var
    set -l __es_value
    set -l __es_why
    set -l __es_now
    set -l __es_now_state
    set -l __es_changed
    set -l __es_status 0
    __envsnap_load; or return
    for __es_var in $__es_unset
        set -q $__es_var; and contains -- $__es_var $__envsnap_names; or continue
        __envsnap_restore
    end
    while __envsnap_next
        test $__es_state = a; and continue
        if test $__es_state = k; and not __envsnap_recall
            set __es_why 'its value may hold a secret and is known to the shell that saved it alone'
            __envsnap_fail
            continue
        end
        __envsnap_look
        # No test: a value may look like one of its operators.
        test $__es_state = $__es_now_state; and contains -- "$__es_value" "$__es_now"; and continue
        __envsnap_restore
    end
    if set -q __es_changed[1]
        builtin printf 'envsnap: rolled back to %s%s: %s\n' $__es_name "$argv[2]" "$__es_changed"
    else if test $__es_status = 0 -a -z "$argv[2]"
        builtin printf 'envsnap: everything is as saved in %s\n' $__es_name
    end
    return $__es_status
end

function __envsnap_shown -d 'A value as it may be shown: name, state, value'
    set -l __es_shown (string escape -- $argv[3])
    set -l __es_index (contains -i -- $argv[1] $__envsnap_names)
    test -z "$argv[3]"; and set __es_shown "''"
    test -n "$argv[3]"; and test "$__envsnap_classes[$__es_index]" != none; and set __es_shown redacted
    test $argv[2] = u; and set __es_shown unset
    test $argv[2] = s; and set __es_shown "$__es_shown (not exported)"
    builtin printf %s "$__es_shown"
end

function __envsnap_differs -d 'Prints one line of a difference' --no-scope-shadowing
    set -l __es_mark "$__es_yellow~"
    test $__es_state = u; and set __es_mark "$__es_green+"
    test $__es_now_state = u; and set __es_mark "$__es_red-"
    builtin printf '%s %s%s: %s -> %s\n' $__es_mark $__es_var "$__es_off" (__envsnap_shown $__es_var $__es_state "$__es_value") (__envsnap_shown $__es_var $__es_now_state "$__es_now")
end

function __envsnap_diff -d 'Shows what differs from a snapshot; status 1 where something does, or where that cannot be told'
    set -l __es_name $argv[1]
    set -l __es_id
    set -l __es_time
    set -l __es_unset
    set -l __es_rest
    set -l __es_state u
    set -l __es_var
    set -l __es_value
    set -l __es_now
    set -l __es_now_state
    set -l __es_status 0
    set -l __es_red
    set -l __es_green
    set -l __es_yellow
    set -l __es_off
    __envsnap_load; or return
    if test -t 1 -a -z "$NO_COLOR" -a "$TERM" != dumb
        set __es_red \e'[31m'
        set __es_green \e'[32m'
        set __es_yellow \e'[33m'
        set __es_off \e'[39m'
    end
    for __es_var in $__es_unset
        set -q $__es_var; and contains -- $__es_var $__envsnap_names; or continue
        __envsnap_look
        __envsnap_differs
        set __es_status 1
    end
    while __envsnap_next
        test $__es_state = a; and continue
        if test $__es_state = k; and not __envsnap_recall
            builtin printf '? %s: known to the shell that saved it alone\n' $__es_var
            set __es_status 1
            continue
        end
        __envsnap_look
        # No test: a value may look like one of its operators.
        test $__es_state = $__es_now_state; and contains -- "$__es_value" "$__es_now"; and continue
        __envsnap_differs
        set __es_status 1
    end
    return $__es_status
end

function __envsnap_private -d 'Whether nobody else can change what stands where snapshots lie, close by and further up'
    if not command -q find
        __envsnap_refuse "cannot use "(string escape -- $__envsnap_dir)": who may write there cannot be told without find; put it on PATH"
        return
    end
    set -l __es_top (string replace -r '/[^/]*/[^/]*$' '' -- $__envsnap_dir)
    while test -n "$__es_top" -a ! -d "$__es_top"
        set __es_top (string replace -r '/[^/]*$' '' -- $__es_top)
    end
    test -n "$__es_top"; or set __es_top /
    set -l __es_near (builtin realpath -- $__es_top | string collect)
    set -l __es_far
    set -l __es_path $__es_near
    while string match -q '/?*' -- $__es_path
        set __es_path (string replace -r '/[^/]*$' '' -- $__es_path | string collect)
        set -a __es_far (test -n "$__es_path"; and echo $__es_path; or echo /)
    end
    for __es_path in (string replace -r '/[^/]*$' '' -- $__envsnap_dir | string collect) $__envsnap_dir
        test -e $__es_path -o -L $__es_path; or continue
        __envsnap_own $__es_path; or return
        set -a __es_near $__es_path
    end
    # Only the user may write to the nearest directories; in those further up others may not replace the
    # user's files, as in /tmp (sticky bit).
    set -l __es_found (command find -H $__es_near -prune \( -perm -0020 -o -perm -0002 \) -print
        or echo $__envsnap_dir
        test -z "$__es_far"; or command find -H $__es_far -prune \( -perm -0020 -o -perm -0002 \) ! -perm -1000 -print)
    test -z "$__es_found[1]"; and return
    set -l __es_shown (string escape -- $__es_found[1])
    __envsnap_refuse "cannot use "(string escape -- $__envsnap_dir)": others can write into $__es_shown; chmod go-w $__es_shown, or set XDG_STATE_HOME to a directory of your own"
end

function __envsnap_write -d 'Writes the fields after the name to a file of the directory, whole or not at all'
    __envsnap_private; or return
    set -l __es_umask (umask)
    umask 077
    test -d $__envsnap_dir; or command mkdir -p -- $__envsnap_dir
    set -l __es_temporary $__envsnap_dir/.$fish_pid.(random).tmp
    set -l __es_format '%s\0'
    test $argv[1] = published; and set __es_format '%s\n'
    __envsnap_private
    and builtin printf $__es_format $argv[2..-1] >?$__es_temporary
    and command mv -f -- $__es_temporary $__envsnap_dir/$argv[1]
    set -l __es_status $status
    umask $__es_umask
    test $__es_status = 0; and return
    command rm -f -- $__es_temporary
    __envsnap_refuse "cannot write "(string escape -- $__envsnap_dir)": see above; look at the disk and the rights"
end

function __envsnap_save -d 'Saves the present environment'
    set -l __es_id (command date +%s).$fish_pid.(random)(random)
    set -l __es_unset
    set -l __es_fields
    set -l __es_kept
    set -l __es_count 0
    set -l __es_now_state
    set -l __es_now
    for __es_var in $__envsnap_names
        __envsnap_look
        if test $__es_now_state = u
            set -a __es_unset $__es_var
            continue
        end
        set __es_count (math $__es_count + 1)
        set -l __es_index (contains -i -- $__es_var $__envsnap_names)
        if __envsnap_held_back $__envsnap_classes[$__es_index] "$__es_now"
            set -a __envsnap_memory_keys "$__es_id $__es_var $__es_now_state"
            set -a __envsnap_memory_values "$__es_now"
            set -a __es_kept $__es_var
            set -a __es_fields k $__es_var ''
            continue
        end
        if string match -q '*PATH' -- $__es_var; or not set -q $__es_var\[2]
            set -a __es_fields $__es_now_state $__es_var "$__es_now"
            continue
        end
        for __es_element in $$__es_var
            set -a __es_fields $__es_now_state $__es_var $__es_element
            set __es_now_state +
        end
    end
    __envsnap_write $argv[1].envsnap 'godrift envsnap 1' $__es_id (command date '+%Y-%m-%d %H:%M:%S %z') (count $__es_unset) $__es_unset $__es_fields end; or return
    builtin printf 'envsnap: saved %s: %s variables\n' $argv[1] $__es_count
    test -z "$__es_kept"; or builtin printf 'envsnap: in the memory of this shell alone, for the values may hold secrets: %s\n' "$__es_kept"
end

function __envsnap_init -d 'Saves the snapshot where there is none of that name'
    if test -e $__envsnap_dir/$argv[1].envsnap
        builtin printf 'envsnap: %s is saved already\n' $argv[1]
    else
        __envsnap_save $argv[1]
    end
end

function __envsnap_list -d 'Prints the name and the time of each snapshot'
    set -l __es_id
    set -l __es_time
    set -l __es_unset
    set -l __es_rest
    set -l __es_files $__envsnap_dir/*.envsnap
    for __es_name in (string replace -r '.*/' '' -- $__es_files | string replace -r '\.envsnap$' '')
        __envsnap_load; and builtin printf '%s\t%s\n' $__es_name $__es_time
    end
end

function __envsnap_publish -d 'Tells the shells that watch for it to roll back to a snapshot at their next prompt'
    set -l __es_name $argv[1]
    set -l __es_id
    set -l __es_time
    set -l __es_unset
    set -l __es_rest
    __envsnap_load; or return
    __envsnap_write published $__es_name@(command date +%s).$fish_pid.(random)(random); or return
    builtin printf 'envsnap: published %s\n' $__es_name
end

function __envsnap_pick_up -d 'Rolls back to what the word names'
    set -g __envsnap_seen $argv[1]
    test -n "$argv[1]"; or return 0
    set -l __es_name (string replace -r '@.*' '' -- $argv[1])
    __envsnap_own $__envsnap_dir/published; and __envsnap_named $__es_name; and __envsnap_rollback $__es_name ' (published)'
end

function __envsnap_named -d 'Whether a text can be the name of a snapshot'
    string match -qr '^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$' -- "$argv[1]"
    or __envsnap_refuse "cannot use "(string escape -- "$argv[1]")" as a name: names are made of letters, digits, dots, dashes and underscores; give another one"
end

function __envsnap_watch -d 'Begins to watch: what was published is picked up at the next prompt'
    set -l __es_word
    test -f $__envsnap_dir/published; and read __es_word <$__envsnap_dir/published
    set -qg __envsnap_seen; or set -g __envsnap_seen $__es_word
    function __envsnap_prompt --on-event fish_prompt -d 'Picks up what was published since'
        set -l __es_status $status
        set -l __es_word
        test -f $__envsnap_dir/published; and read __es_word <$__envsnap_dir/published
        test "$__es_word" = "$__envsnap_seen"; or __envsnap_pick_up "$__es_word"
        return $__es_status
    end
end

function envsnap -d 'Saves variables that decide a Go build and rolls back to them'
    set -l __es_action $argv[1]
    set -l __es_name default
    set -q argv[2]; and set __es_name $argv[2]
    switch "$__es_action"
        case --init --save --list --diff --rollback --publish --help
            set __es_action (string sub -s 3 -- $__es_action)
    end
    switch "$__es_action"
        case init save list diff rollback publish
        case '' help -h
            builtin printf '%s\n' 'envsnap save [NAME] | list | diff [NAME] | rollback [NAME] | publish [NAME] | init [NAME]'
            return 0
        case '*'
            __envsnap_refuse "cannot run envsnap "(string escape -- "$__es_action")": there is no such command; see envsnap help"
            return
    end
    if test -z "$__envsnap_dir"
        __envsnap_refuse 'cannot tell where snapshots lie: neither XDG_STATE_HOME nor HOME is an absolute path; set one and load envsnap again'
    else if set -q argv[3]
        __envsnap_refuse "cannot run envsnap $__es_action: it takes one name; see envsnap help"
    else
        __envsnap_named $__es_name; and __envsnap_$__es_action $__es_name
    end
end

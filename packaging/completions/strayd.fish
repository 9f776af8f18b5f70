# fish completion of strayd(1)

set -l commands run scan explain doctor check-config breaker
set -l looks run scan explain doctor

complete -c strayd -f
complete -c strayd -l help -s h -d 'Options'
complete -c strayd -n "not __fish_seen_subcommand_from $commands" -l version -d 'Version and licence'

complete -c strayd -n "not __fish_seen_subcommand_from $commands" -a run -d 'The agent, scanning for ever'
complete -c strayd -n "not __fish_seen_subcommand_from $commands" -a scan -d 'One pass, prints the verdicts'
complete -c strayd -n "not __fish_seen_subcommand_from $commands" -a explain -d 'Why a process is, or is not, an orphan'
complete -c strayd -n "not __fish_seen_subcommand_from $commands" -a doctor -d 'What works here'
complete -c strayd -n "not __fish_seen_subcommand_from $commands" -a check-config -d 'Check a configuration'
complete -c strayd -n "not __fish_seen_subcommand_from $commands" -a breaker -d 'The switch that sent strayd back to observing'

complete -c strayd -n "__fish_seen_subcommand_from $commands" -l config -r -F -d 'Configuration file'
complete -c strayd -n "__fish_seen_subcommand_from $looks" -l path.procfs -x -a '(__fish_complete_directories)' -d 'Where procfs is mounted'
complete -c strayd -n "__fish_seen_subcommand_from $looks" -l log.level -x -a 'debug info warn error' -d 'Least level that is logged'
complete -c strayd -n "__fish_seen_subcommand_from $looks" -l log.format -x -a 'text json' -d 'How it is logged'

complete -c strayd -n '__fish_seen_subcommand_from run' -l enforce -d 'End orphans'
complete -c strayd -n '__fish_seen_subcommand_from run' -l observe -d 'Everything but the signal'
complete -c strayd -n '__fish_seen_subcommand_from run' -l web.listen-address -x -d 'Where to serve'
complete -c strayd -n '__fish_seen_subcommand_from run' -l web.telemetry-path -x -d 'Path of the metrics'
complete -c strayd -n '__fish_seen_subcommand_from run' -l web.config.file -r -F -d 'Users and hashes'

complete -c strayd -n '__fish_seen_subcommand_from scan' -l json -d 'One JSON object'
complete -c strayd -n '__fish_seen_subcommand_from scan' -l reap -d 'End what is found'
complete -c strayd -n '__fish_seen_subcommand_from scan' -l quick -d 'One snapshot only'

complete -c strayd -n '__fish_seen_subcommand_from check-config' -F
complete -c strayd -n '__fish_seen_subcommand_from check-config' -l live -d 'Say which rules mean no process here'
complete -c strayd -n '__fish_seen_subcommand_from check-config' -l print-default -d 'The default configuration'
complete -c strayd -n '__fish_seen_subcommand_from check-config' -l print-schema -d 'The JSON Schema'

complete -c strayd -n '__fish_seen_subcommand_from breaker; and not __fish_seen_subcommand_from status close' -a 'status close'
complete -c strayd -n '__fish_seen_subcommand_from explain' -x -a '(__fish_complete_pids)'

# bash completion of strayd(1)

_strayd() {
  local cur prev word command='' seen=''
  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD - 1]}
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
      run | scan | explain | doctor | check-config | breaker) command=$word ;;
      status | close) seen=$word ;;
    esac
  done

  case $prev in
    --config | --web.config.file)
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      compopt -o filenames 2>/dev/null
      return ;;
    --path.procfs)
      mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      compopt -o filenames 2>/dev/null
      return ;;
    --log.level) mapfile -t COMPREPLY < <(compgen -W 'debug info warn error' -- "$cur"); return ;;
    --log.format) mapfile -t COMPREPLY < <(compgen -W 'text json' -- "$cur"); return ;;
    --web.listen-address | --web.telemetry-path) return ;;
  esac

  local looks='--config --path.procfs --log.level --log.format --help' words=''
  case $command in
    '') words='run scan explain doctor check-config breaker --help --version' ;;
    run) words="$looks --enforce --observe --web.listen-address --web.telemetry-path --web.config.file" ;;
    scan) words="$looks --json --reap --quick" ;;
    explain | doctor) words=$looks ;;
    check-config)
      words='--config --live --print-default --print-schema --help'
      if [[ $cur != -* ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        compopt -o filenames 2>/dev/null
        return
      fi ;;
    breaker)
      words='--config --help'
      [[ $seen ]] || words='status close --help' ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _strayd strayd

# What each command does (at most 100 characters: Discord takes no more) and how it is written.

command-start = Te cuento quién soy y por dónde empezar
command-start-usage = /start
command-help = Todo lo que puedes pedirme
command-help-usage = /help [COMANDO]
command-new = Empezamos una conversación nueva; lo dicho no se olvida
command-new-usage = /new
command-stop = Dejo de escribir lo que esté contestando
command-stop-usage = /stop
command-retry = Vuelvo a contestar a lo último que preguntaste
command-retry-usage = /retry
command-remember = Guardo algo para recordarlo
command-remember-usage = /remember TEXTO
command-memories = Lo que recuerdo de lo que me has dicho aquí
command-memories-usage = /memories [PÁGINA] [PALABRAS]
command-forget = Olvido un recuerdo, unos días o todo
command-forget-usage = /forget NÚMERO | DÍAS | everything
command-export = Te envío en un archivo todo lo que tengo de ti
command-export-usage = /export
command-privacy = Qué guardo de lo que dices y para qué lo uso
command-privacy-usage = /privacy [remember|learn|group on|off]
command-language = El idioma en que te hablo
command-language-usage = /language [es|en]
command-link = Une tus cuentas de Telegram y Discord para que sea una sola memoria
command-link-usage = /link [CÓDIGO | remove PLATAFORMA]
command-persona = Cómo quieres que te hable
command-persona-usage = /persona [TEXTO | reset]
command-status = Cómo estoy: modelo, cola, memoria y disco
command-status-usage = /status
command-pair = Da paso a quien te pase su código
command-pair-usage = /pair [CÓDIGO]
command-allow = Da permiso a este grupo, a una persona, a un servidor o a un rol
command-allow-usage = /allow [list | [remove] [admin|person|group|server|role] [ID]]
command-ban = Deja fuera a una persona, un grupo, un servidor o un rol
command-ban-usage = /ban [list | [remove] [person|group|server|role] ID]
command-model = Qué modelo contesta; elige otro o actualízalo
command-model-usage = /model [choose NOMBRE | update]

# Any command

commands-unknown = No conozco el comando /{ $name }. Con /help ves todos los que hay.
commands-unknown-near = No conozco el comando /{ $name }. ¿Querías decir /{ $near }?
commands-admins-only = Ese comando es solo para quien me administra.
commands-direct-only = Eso mejor entre nosotros: escríbeme /{ $name } en un chat directo.
commands-group-admins-only = Eso solo puede cambiarlo quien administra este grupo.

# Talking

commands-start =
    Hola, soy **{ $name }**. Hablo contigo, recuerdo lo que me cuentas y lo busco cuando hace falta.

    Escríbeme lo que quieras, como a cualquiera. Con /privacy decides qué guardo de lo que dices, y con /forget lo borro.
commands-start-help = ¿Qué sabes hacer?
commands-help = Háblame como a cualquiera. Además, puedes pedirme:
commands-help-admin = Y, como me administras:
commands-new = Empezamos de cero. Lo anterior lo sigo recordando, pero ya no lo tengo delante.
commands-stopped = Vale, lo dejo ahí.
commands-nothing-to-stop = No estaba contestando nada.
commands-nothing-to-retry = Todavía no hay ninguna respuesta que repetir.

# Memories

commands-when = { DATETIME($at, dateStyle: "medium", timeStyle: "short") }
commands-on-day = el { $day }
commands-between-days = entre el { $first } y el { $last }
commands-day = { DATETIME($day, dateStyle: "long") }
commands-remember-what = ¿Qué quieres que recuerde? Escríbelo detrás: `/remember Mi perro se llama Toby`
commands-remembered = Guardado. Es el recuerdo { $number }.
commands-memory-forget = Olvidar el { $number }
commands-memories =
    { $total ->
        [one] Recuerdo una cosa que me has dicho aquí:
       *[other] Recuerdo { $total } cosas que me has dicho aquí. Página { $page } de { $pages }, lo más reciente primero:
    }
commands-memories-more = Ver más
commands-memories-none = No recuerdo nada más que me hayas dicho aquí.
commands-memories-none-with = No recuerdo nada más que me hayas dicho aquí con «{ $words }».
commands-forget-what =
    Dime qué olvido:

    - un recuerdo, por su número (los ves con /memories): `/forget 12`
    - unos días: `/forget hoy`, `/forget ayer`, `/forget 2026-05`, `/forget 2026-05-01..2026-05-15`
    - todo: `/forget everything`
commands-forget-everything = Olvidarlo todo
commands-forget-not-found = No encuentro entre tus recuerdos de aquí el { $number }. Con /memories ves cuáles hay.
commands-forget-empty = No recuerdo nada tuyo de aquí { $days }.
commands-forget-sure =
    { $count ->
        [one] Voy a olvidar una cosa que me dijiste aquí { $days }, y lo que te contesté. No se puede deshacer. ¿Seguro?
       *[other] Voy a olvidar { $count } cosas que me dijiste aquí { $days }, y lo que te contesté. No se puede deshacer. ¿Seguro?
    }
commands-forget-sure-everywhere = Voy a olvidar todo lo que me has dicho alguna vez, en cualquier sitio, y tus ajustes. No se puede deshacer. Si quieres una copia, pídemela antes con /export. ¿Seguro?
commands-forget-sure-here = Voy a olvidar todo lo que me has dicho en este grupo, y lo que te contesté. No se puede deshacer. ¿Seguro?
commands-yes-forget = Sí, olvídalo
commands-forgot-one = Olvidado el recuerdo { $number }.
commands-forgot =
    { $count ->
        [0] No había nada que olvidar.
        [one] Olvidado: una cosa menos.
       *[other] Olvidado: { $count } cosas menos.
    }
commands-export = Aquí tienes todo lo que guardo de ti.

# One's own settings

commands-privacy = Esto es lo que hago con lo que dices.
commands-privacy-remembers-on = - **Recuerdo** lo que me dices (`remember on`).
commands-privacy-remembers-off = - **No recuerdo** lo que me dices, salvo lo que guardes con /remember (`remember off`).
commands-privacy-learns-on = - **Aprendo** a contestar mejor de nuestras conversaciones (`learn on`).
commands-privacy-learns-off = - **No aprendo** de nuestras conversaciones (`learn off`).
commands-privacy-group-on = - En este grupo **escucho a todo el mundo**, también lo que no va conmigo (`group on`).
commands-privacy-group-off = - En este grupo solo atiendo a lo que me dicen a mí (`group off`).
commands-privacy-remember-turn-on = Recordar
commands-privacy-remember-turn-off = No recordar
commands-privacy-learn-turn-on = Aprender
commands-privacy-learn-turn-off = No aprender
commands-privacy-group-turn-on = Escuchar al grupo
commands-privacy-group-turn-off = No escuchar al grupo
commands-remembers-on = De acuerdo: desde ahora recuerdo lo que me digas.
commands-remembers-off = De acuerdo: desde ahora no recuerdo lo que me digas, salvo lo que guardes con /remember. Lo anterior sigue ahí; con /forget lo borro.
commands-learns-on = Gracias: desde ahora aprendo de lo que hablemos.
commands-learns-off = De acuerdo: no aprendo de lo que hablemos.
commands-group-listens-on = Desde ahora escucho todo lo que se dice en este grupo, para poder recordarlo aquí. Quien no quiera que recuerde lo suyo puede escribirme /privacy remember off.
commands-group-listens-off = Desde ahora solo atiendo a lo que me digan a mí.
commands-language = ¿En qué idioma te hablo? / Which language shall I speak?
commands-language-set = De acuerdo, te hablo en español.
commands-link =
    Tus cuentas: { $accounts }

    Para unir otra, escríbeme desde ella: `/link { $code }`

    El código vale durante { $minutes } minutos. Envíalo solo desde una cuenta tuya: las dos compartirán todos los recuerdos.
commands-link-sure = Ese código es de la cuenta `{ $account }` ({ $name }). Si las uno, las dos compartirán todos los recuerdos y permisos. ¿Esa cuenta es tuya?
commands-link-yes = Sí, es mía
commands-link-done = Hecho: esta cuenta y `{ $account }` ya son la misma persona para mí.
commands-link-wrong = Ese código no vale: está mal escrito, caducado o ya usado. Pide otro con /link desde tu otra cuenta.
commands-link-later = Ahora mismo hay demasiados códigos pendientes. Inténtalo otra vez dentro de unos minutos.
commands-link-same = Ese código lo has hecho tú, y esta cuenta ya es tuya. Envíalo desde la otra.
commands-link-remove-which = ¿Cuál separo? Escribe `/link remove PLATAFORMA`. Tus cuentas: { $accounts }. La única que te quede no se puede separar.
commands-link-removed = La cuenta `{ $account }` vuelve a ir por su lado. Los recuerdos se quedan con las demás.
commands-persona-shown =
    Ahora te hablo así:

    { $persona }

    Para volver a como soy de serie: `/persona reset`
commands-persona-none = Ahora te hablo como soy de serie. Dime cómo prefieres que lo haga: `/persona Sé breve y háblame de usted`
commands-persona-long = Es demasiado largo: como mucho { $limit } caracteres.
commands-persona-set = De acuerdo, te hablaré así desde ahora.
commands-persona-reset = De acuerdo, vuelvo a ser como soy de serie.

# Administration

commands-status = **Cómo estoy**
commands-status-up = - En marcha desde hace { $days } d { $hours } h { $minutes } min
commands-status-model = - Modelo: { $model } ({ $provider })
commands-status-model-adapted = - Modelo: { $model } ({ $provider }), con el adaptador { $adapter }
commands-status-model-none = - Modelo: ninguno; contesto de memoria
commands-status-line = - Contestando: { $answering }; en cola: { $waiting }
commands-status-people = - Personas: { $people }; mensajes hoy: { $messages }
commands-status-memory = - Turnos: { $turns }; recuerdos: { $memories }
commands-status-nightly = - Última tarea nocturna: { DATETIME($at, dateStyle: "medium", timeStyle: "short") }
commands-status-nightly-none = - Última tarea nocturna: todavía ninguna
commands-status-disk = - Disco libre: { $free } GiB
commands-pair-waiting = Esperan a que les des paso con el código que te enseñen:
commands-pair-none = No hay nadie esperando. Cuando alguien te enseñe su código: `/pair CÓDIGO`
commands-pair-wrong = Ese código no vale: está mal escrito, caducado o ya usado. Duran diez minutos; que te pasen uno nuevo.
commands-paired = Hecho: { $name } (`{ $account }`) ya puede hablar conmigo, y se lo he dicho.
commands-allow-list = **Quién puede hablar conmigo**
commands-ban-list = **A quién he dejado fuera**
commands-list-empty = Nadie.
commands-kind-person = la persona { $subject }
commands-kind-chat = el grupo { $subject }
commands-kind-server = el servidor { $subject }
commands-kind-role = el rol { $subject }
commands-grant-admin = administra
commands-grant-allowed = permitido
commands-grant-banned = fuera
commands-grant-configured = (en config.toml)
commands-allow-what = Dime a quién, por su identificador y no por su nombre: `/allow telegram:123`, `/allow group -100123`, `/allow role 9`, `/allow admin discord:7`. En un grupo, `/allow` a secas le da permiso al grupo, o a quien estés respondiendo. Para quitarlo: `/allow remove …`
commands-ban-what = Dime a quién, por su identificador y no por su nombre: `/ban telegram:123`, `/ban group -100123`; o responde con /ban a un mensaje suyo. Para levantarlo: `/ban remove …`
commands-ban-admin = A quien me administra no puedo dejarle fuera. Quítale antes ese permiso: `/allow remove admin …`
commands-allowed = Hecho: { $subject } tiene permiso.
commands-now-admin = Hecho: { $subject } ahora me administra.
commands-banned = Hecho: { $subject } se queda fuera.
commands-taken = Hecho: { $subject } ya no lo tiene.
commands-not-granted = No había nada que quitar: { $subject } no lo tenía.
commands-configured = Eso está en config.toml (`{ $subject }`): quítalo allí y arráncame de nuevo.

# Models

commands-models = **Modelos que puedo usar**
commands-model-serving = contesta este
commands-model-update = Actualizar el que contesta
commands-model-none = No veo ningún modelo. Instala Ollama y elige uno: `/model choose gemma3:4b`
commands-model-what = Escribe `/model`, `/model choose NOMBRE` o `/model update`.
commands-model-step = ⏳ { $status }
commands-model-pull = ⏳ { $status }: { $percent } % ({ $done } de { $total } GB)
commands-model-failed =
    No he podido cambiar de modelo, así que sigue contestando el de antes. El motivo, tal como me llega:

    { $detail }
commands-model-changed = Hecho: ahora contesta `{ $name }`.

access-pairing-code =
    Hola. Todavía no te conozco, así que antes tiene que darte paso alguien que me administre.

    Tu código es **{ $code }**. Pásaselo para que me lo envíe así: `/pair { $code }`

    Vale durante { $minutes } minutos. En cuanto lo aprueben, te aviso aquí.
access-closed = Hola. Solo puedo hablar con quienes están en mi lista, y tú no estás en ella. Pídele a quien me administra que te añada.
access-group-not-allowed = Aún no tengo permiso para hablar en este grupo. Quien me administra puede dármelo escribiendo aquí /allow.
access-now-admin = Hecho: desde ahora me administras tú. Escribe /help para ver todo lo que puedes pedirme.
access-slow-down =
    { $seconds ->
        [one] Vas más rápido que yo. Dame un segundo y seguimos.
       *[other] Vas más rápido que yo. Dame { $seconds } segundos y seguimos.
    }
access-day-spent =
    { $limit ->
        [one] Por hoy ya hemos hablado lo que podíamos: un mensaje al día. Seguimos mañana, a partir de las { $time }.
       *[other] Por hoy ya hemos hablado lo que podíamos: { $limit } mensajes al día. Seguimos mañana, a partir de las { $time }.
    }
access-paired = ¡Ya está! Me han dado permiso para hablar contigo. Cuéntame lo que quieras, o escribe /help para ver qué sé hacer.

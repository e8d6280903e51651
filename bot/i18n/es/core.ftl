core-stopped = _(Me has parado aquí.)_
core-place-in-line = ⏳ Hay más gente esperando: eres el número { $place } en la cola.
core-apology = Perdona: estuve apagado y no pude contestar a tiempo a esto. Si aún te hace falta, escríbemelo otra vez.
core-too-many = Tienes ya { $waiting } mensajes esperando respuesta. Deja que conteste a esos y vuelve a escribirme este.
core-ask-correction = ¿Qué habría sido lo correcto? Responde a este mensaje y lo apunto.
core-correction-thanks = Apuntado. Gracias por enseñarme.
core-nothing-said = No me has escrito nada que pueda leer. ¿Me lo cuentas con palabras?
core-first-admin = Nadie me administra todavía. Para administrarme tú, escríbeme este código en un chat directo, antes de un día: { $code }

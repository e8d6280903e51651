model-date = { $day } { $month ->
    [1] ene
    [2] feb
    [3] mar
    [4] abr
    [5] may
    [6] jun
    [7] jul
    [8] ago
    [9] sept
    [10] oct
    [11] nov
   *[12] dic
} { $year }

model-you-said = Me dijiste: «{ $text }» ({ $when })
model-i-said = Yo te dije: «{ $text }» ({ $when })
model-who-said = { $who } dijo: «{ $text }» ({ $when })
model-several = Esto es lo que recuerdo:
model-about-you = Esto es lo que me has contado:

model-noted-1 = Vale, me lo apunto.
model-noted-2 = Entendido, lo recordaré.
model-noted-3 = Anotado. Pregúntame cuando quieras.
model-noted-4 = De acuerdo, me acordaré.

model-greeting-1 = ¡Hola! Cuéntame lo que quieras y lo recordaré, o pregúntame por algo que ya me hayas contado.
model-greeting-2 = ¡Hola de nuevo! Aquí me tienes.
model-thanks = De nada.
model-farewell = ¡Hasta luego!

model-unknown-1 = No lo sé: no encuentro nada de eso en lo que me has contado.
model-unknown-2 = Eso no lo sé; nadie me lo ha contado todavía.
model-unknown-3 = No recuerdo nada que responda a eso.
model-unable-1 = Eso no puedo hacerlo sin un modelo de lenguaje.
model-unable-2 = Para eso me hace falta un modelo de lenguaje, y ahora no tengo ninguno.
model-self = Recuerdo lo que me cuentas y te lo repito cuando me lo preguntas, con la fecha y quién lo dijo.
model-get-one = Ahora mismo respondo solo de memoria: no puedo razonar, redactar ni saber lo que nadie me ha contado. Para que converse de verdad, hay que instalar Ollama (https://ollama.com) en el ordenador en el que vivo y elegir un modelo con /model.

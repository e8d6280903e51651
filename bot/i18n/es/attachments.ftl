attachments-voice = Todavía no entiendo los mensajes de voz. ¿Me lo escribes?
attachments-unsupported = No sé leer «{ $name }»: de momento solo leo archivos de texto e imágenes.
attachments-no-eyes = El modelo con el que contesto no ve imágenes. ¿Me cuentas qué hay en ella?
attachments-too-large = «{ $name }» es demasiado grande: leo hasta { $limit } MB.
attachments-not-text = Ese archivo no es de texto, así que no puedo leerlo.
attachments-not-picture = Esa imagen no es PNG, JPEG, GIF ni WebP, así que no puedo verla.
attachments-empty = (Archivo vacío: { $name })
attachments-file = Archivo { $name }:
attachments-cut =
    { $words ->
        [one] (Solo la primera palabra: el archivo sigue.)
       *[other] (Solo las { $words } primeras palabras: el archivo sigue.)
    }

error-import = No puedo leer ese historial. Comprueba que el archivo esté entero y vuelve a exportarlo si hace falta.

data-export-title = Lo que { $name } sabe de ti
data-export-intro = Exportado el { $at }. { $count ->
    [0] No hay ningún mensaje guardado.
    [one] Hay un mensaje guardado.
   *[other] Hay { $count } mensajes guardados, entre lo que dijiste y lo que se te contestó.
 } Lo que dijeron otras personas no está aquí.
data-export-you = Tú
data-export-settings = Tus ajustes
data-export-accounts = Tus cuentas
data-export-grants = Lo que se te permite
data-export-votes = Tus votos
data-export-corrections = Tus correcciones
data-export-usage = Mensajes por día
data-export-codes = Códigos pendientes
data-export-audit = Lo que has hecho aquí

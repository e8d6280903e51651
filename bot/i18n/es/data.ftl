error-import = No puedo leer ese historial. Comprueba que el archivo esté entero y vuelve a exportarlo si hace falta.

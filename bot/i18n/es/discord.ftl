# Lo que solo se ve en Discord. Título y etiqueta del formulario: 45 caracteres como mucho; la pista, 100.
discord-correction-title = Ayúdame a mejorar
discord-correction-label = ¿Qué habría sido lo correcto?
discord-correction-placeholder = Escribe la respuesta que esperabas, o qué estaba mal.
discord-correction-thanks = Gracias, queda anotado.
discord-vote-good = Gracias, anotado: 👍. Puedes cambiarlo cuando quieras.
discord-argument = Lo que va detrás de la orden

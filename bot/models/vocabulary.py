"""The words that matching goes by, Spanish and English, without accents: what means nothing, what means the same."""

STOP_WORDS = """
a al algo ante aquel asi aun aunque bajo cada casi como con contra cual cuales cuando cuanta cuantas cuanto cuantos de
del desde donde dos durante e el ella ellas ellos en entre era eran eres es esa esas ese eso esos esta estaba estan
estar estas este esto estos estoy fue fueron fui ha habia han has hasta hay he la las le les lo los mas me mi mis mia
mio mias mios muy nada ni no nos o os para pero por porque pues que quien quienes se sea ser si sido sin sobre sois
somos son soy su sus tal tambien tan te tenemos tener tengo ti tiene tienen tienes tu tus un una unas uno unos va vas
voy y ya yo sabes saber recuerdas recuerda acuerdas acuerdo dime decir dije dijo dicho decirme hablame cuentame contado
conte oye favor martin
about am an and any are as at be been by can could did do does for from had has have he her hers him his how i if in
into is it its me mine my of off on or our she should so some than that the their them then there these they this those
to us was we were what whats when where wheres which who whos whom whose why will with would you your yours im ive know
remember tell told say said please remind
"""

# They name a relation and not a thing. Alone they make no answer: "mi perro se llama…" does not name the cat.
LIGHT_WORDS = """
llama nombre name called gusta encanta favorito favourite favorite likes love vive lives trabaja works nacio born
"""

# One line, one meaning. A word may stand in several: a pet is a dog or a cat, and a dog is no cat.
CONCEPTS = """
perro perrito dog puppy mascota pet animal
gato gatito cat kitten mascota pet animal
llama nombre name called apellido surname
vive vivienda casa ciudad mudado mudo lives home house city moved
trabajo curro empleo profesion oficina dedico dedica work job profession employed
cumpleanos birthday nacio nacimiento born birth
edad anos age old years
novia novio pareja esposa esposo marido mujer wife husband girlfriend boyfriend partner
madre mama mother mum mom
padre papa father dad
hermano hermana brother sister sibling
hijo hija ninos niños son daughter kids children
comida comer plato cena food eat dish meal dinner
color colour
coche carro auto car
gusta encanta adoro favorito prefiero prefiere likes love favourite favorite enjoy
pelicula cine movie film
libro leer novela book read novel
musica cancion grupo music song band
alergia alergico alergica allergy allergic
estudio estudia carrera universidad study studies university degree college
viaje vacaciones viajar travel trip holiday vacation
deporte sport
telefono movil phone
medico doctor
amigo amiga friend
"""
